"""What words of this field mean, so that "kill", "abort" and "terminate" count as one."""

import re
from collections.abc import Sequence
from itertools import combinations

_CONCEPTS = {
    "elsewhere": "translate draft poem song sing joke weather rain pizza beer coffee lunch"
    " dinner recipe cook bake eat drink restaurant hotel flight flights travel trip"
    " holiday vacation beach book novel movie film music game play football soccer"
    " tennis marathon olympics sport gym yoga dog cat pet horse child kids wife"
    " husband girlfriend boyfriend friend mum dad mother father family wedding"
    " birthday party love feelings horoscope lottery bet casino president election"
    " politics politician king queen war history capital country mountain moon sun"
    " planet mars star bitcoin stock shares competitor bank loan salary boss rent"
    " landlord house flat kitchen garden bath bathtub bathroom shower car bike bus"
    " taxi parking phone iphone android facebook instagram youtube netflix spotify"
    " twitter whatsapp wifi printer windows laptop doctor dentist hair cough diet"
    " fitness shoes shirt clothes wear password homework essay letter haiku email"
    " emails slack calendar appointment meeting alarm ticket tickets train haircut"
    " suitcase museum concert lasagna pancakes spanish french german italian"
    " portuguese japanese english language sentence reserve buy order marry date"
    " lover tired hungry bored sad happy angry airspeed chicken",
    "stop": "stop stopp halt abort kill cancel cancell terminate interrupt quit end off"
    " shut down offline retire undeploy unserve decommission close call plug"
    " continue",
    "delete": "delete remove erase discard drop destroy wipe purge trash bin bins rid rm junk"
    " scrap eliminate dispose throw away forget clear clean rb take out go"
    " unschedule unlearn unindex exclude kick tear need end any more longer de-index"
    " de-register never removed deleted",
    "start": "start run launch execute kick fire trigger begin go do lauch perform get going"
    " put started use build",
    "train": "train retrain training retraining trainings fit",
    "again": "again retry rerun redo repeat restart re-run re-execute anew another attempt"
    " try once relaunch over pick",
    "pause": "pause suspend hold freeze disable deactivate temporarily moment while break"
    " off sleep paused until tonight tomorrow",
    "resume": "resume unpause enable re-enable reactivate activate continue un-pause back"
    " lift on active enabled wake start switch fire",
    "every": "every each daily weekly nightly monthly hourly weekday weekdays weekend monday"
    " tuesday wednesday thursday friday saturday sunday mondays cron recurring"
    " automatically regularly automatic automate periodically noon midnight morning"
    " mornings hour twice timer month day week",
    "schedule": "schedule schedules scheduled shedule timetable cron recurring unschedule",
    "show": "show display view see open look give print list let get tell read present",
    "list": "list lists all overview every which what enumerate names ls inventory many catalogue",
    "describe": "describe details detail info information about explain explanation tell summary",
    "status": "status state progress finished done doing going succeeded success successful"
    " through worked running finish ended far long",
    "log": "log logs output outputs stdout stderr console printed print wrote lines tail messages",
    "why": "why cause reason wrong problem diagnose diagnosis broke break crash crashed"
    " fix repair troubleshoot investigate error failure happened debug mistake fault"
    " root died",
    "failed": "failed fail failing fails failure broken crashed red",
    "compare": "compare comparison compared versus vs differ difference differences different"
    " better worse contrast diff between beats side",
    "watch": "watch notify tell know inform alert ping follow monitor observe remind shout"
    " message posted when once soon as finishes ends",
    "pipeline": "pipeline pipelines workflow workflows dag",
    "run": "run runs job jobs training trainings execution",
    "experiment": "experiment experiments study studies exp group groups",
    "bucket": "bucket buckets storage store minio s3 container containers space",
    "object": "file files object objects table csv parquet data dataset datasets key keys"
    " export document june may archive plan portfolio readme folder",
    "model": "model models champion challenger registry registered version versions alias",
    "metric": "metric metrics accuracy accurate f1 auc roc_auc score scores precision recall"
    " quality performance perform best winner won good result results numbers",
    "plot": "plot plots chart curve matrix confusion roc calibration importance importances"
    " graph picture figure draw visualise visualize diagram bars image calibrated"
    " reliability",
    "artifact": "artifact artifacts artefacts outputs produce produced produces generated make"
    " made left leave behind wrote report reports saved",
    "download": "download fetch pull retrieve local locally computer machine laptop disk save"
    " grab get take bring",
    "upload": "upload put push load import place send store transfer local add save bring get"
    " move attach include publish submit install register up as",
    "copy": "copy duplicate clone replicate backup mirror cp copies also another back up as well",
    "tag": "tag tags label labels mark flag annotate status tagged set tagging",
    "link": "link url share presigned presign expiring expires signed colleague valid access send",
    "lineage": "lineage trace provenance origin came come comes produced used uses depends"
    " upstream downstream source created history from",
    "preview": "preview peek rows columns head first content contents inside look sample top"
    " values",
    "size": "size big large bytes tags tagged metadata properties etag modified stat type"
    " versions uploaded changed old checksum",
    "promote": "promote champion challenger alias crown main production lead new",
    "rollback": "rollback roll revert undo previous former back earlier restore reverse old"
    " withdraw reinstate prior",
    "predict": "predict prediction likely probability risk late delay delayed chance chances"
    " will slip odds estimate forecast time worry risky",
    "phase": "phase design scope brooklyn queens bronx manhattan staten borough days weeks"
    " district school roof boiler window months",
    "score": "score scoring batch predictions rows every all table bulk apply",
    "deploy": "deploy deployment deployments serve serving service endpoint api online live"
    " host served real-time realtime streaming edge deployed rollout undeploy rest"
    " production out replace switch behind",
    "advise": "recommend suggest advise should best which suits fit fits right choose advice"
    " need help use",
    "latency": "latency volume connectivity device devices offline internet seconds requests"
    " tablets phones mobile events connection",
    "drift": "drift drifted shift shifted distribution psi changed differs",
    "package": "package pack bundle archive zip portable tarball standalone wrap offline"
    " export file hand handing anywhere",
    "docs": "docs documentation mean means meaning define definition explain explained what"
    " difference concept idea general",
    "source": "source sources document documents runbook knowledge corpus index indexed"
    " library documentation pages",
    "learn": "index add learn ingest include study teach searchable remember read feed use"
    " know take",
    "project": "project repo repository codebase code app folder",
    "inspect": "inspect analyse analyze scan profile examine look read check detect",
    "mature": "mature maturity principles practices assess audit grade rate improve missing"
    " gaps review lacks",
    "tools": "toolchain tools tool stack platform tracker orchestrator tooling setup",
    "team": "team people persons startup solo company budget governance cloud kubernetes"
    " pytorch tensorflow images text tabular video audio sensors",
    "platform": "aws azure gcp kubeflow mlflow airflow sagemaker vertex google platforms cloud"
    " clouds",
    "blueprint": "blueprint scaffold template skeleton boilerplate starter project write generate",
    "session": "session script python notebook bash conversation steps chat code workflow did"
    " we github actions replay",
    "trigger": "trigger triggers triggered triger hook subscribe listen watched watching react"
    " event-driven notification",
    "arrive": "arrive arrives arrived land lands landed appear appears turns shows dropped drops"
    " uploaded uploads uploading upload incoming whenever wheneever anytime future",
    "trash": "trash bin garbage recycle rubbish empty trashed",
    "create": "create make new set add open need register establish build mk mkdir mb put"
    " want have define like",
}
_BY_WORD: dict[str, tuple[str, ...]] = {}
for _concept, _words in _CONCEPTS.items():
    for _word in _words.split():
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _concept)
_TOKEN = re.compile(r"[\w-]+|[?]")


def concept_grams(normal: str) -> Sequence[str]:
    """Return the concepts of a request and every ordered pair of them, with kinds of names."""
    found: list[tuple[str, ...]] = []
    for word in _TOKEN.findall(normal):
        if word.startswith("xx") and word.endswith("xx"):
            found.append((word,))
        elif concepts := _meanings(word):
            found.append(concepts)
    single = [concept for group in found for concept in group]
    pairs = [f"{a}>{b}" for one, two in combinations(found[:12], 2) for a in one for b in two]
    return [*single, *pairs]


def concepts_in(normal: str) -> frozenset[str]:
    """Return every concept that a request's words can mean."""
    words = _TOKEN.findall(normal)
    return frozenset(concept for word in words for concept in _meanings(word))


def _meanings(word: str) -> tuple[str, ...]:
    """Return the concepts of a word, or of the word that it is a form of."""
    if word in _BY_WORD:
        return _BY_WORD[word]
    for ending, instead in (("s", ""), ("ed", ""), ("d", ""), ("ing", ""), ("ing", "e")):
        stem = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(stem) > 3 and stem in _BY_WORD:
            return _BY_WORD[stem]
    return ()
