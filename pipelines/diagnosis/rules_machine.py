"""Rules for faults of machines, services, clusters and code, as the systems write them."""

from core.diagnosis import Confidence
from pipelines.diagnosis.rule import Rule

MACHINE = (
    Rule(
        kind="out-of-memory",
        patterns=(
            r"(?P<what>OOMKilled).*",
            r"\bMemoryError\b.*",
            r"(?i)unable to allocate (?P<what>[\d.]+ \w+).*",
            r"(?i)cannot allocate memory",
            r"(?i)(?:cuda|gpu) out of memory.*|(?<!evict)\bout of memory\b.*",
            r"std::bad_alloc",
            r"(?i)exit(?:ed)? (?:with )?(?:code|status)[: ]+137\b.*",
            r"(?i)memory cgroup out of memory.*",
        ),
        cause="The task needed more memory than it was given.",
        advice="Give it more memory, or less data at once: fewer models or folds, a smaller table,"
        " fewer tasks side by side (`workers`). Then retry: what succeeded is reused.",
        weight=3,
    ),
    Rule(
        kind="out-of-disk",
        patterns=(
            r"(?i)no space left on device(?P<what>.*)",
            r"\bENOSPC\b",
            r"(?i)disk quota exceeded(?P<what>.*)",
            r"\[Errno (?:27|28|122)\].*",
            r"(?i)database or disk is full",
            r"(?i)(?:the )?disk is full.*",
            r"ended by signal SIGXFSZ.*",
        ),
        cause="The disk is full, or a file grew beyond what is allowed.",
        advice="Free some space (empty the trash, delete old objects and runs), then retry: what"
        " succeeded is reused.",
        weight=3,
    ),
    Rule(
        kind="access-denied",
        patterns=(
            r"(?i)access ?denied(?P<what>.*)",
            r"PermissionError.*: (?P<what>.+)",
            r"(?i)permission denied(?::? (?P<what>.+))?",
            r"InvalidAccessKeyId|SignatureDoesNotMatch",
            r"(?i)\b(?:401 unauthorized|403 forbidden)\b(?P<what>.*)",
            r"(?i)is forbidden: User (?P<what>.+)",
        ),
        cause="Access was denied{colon_what}.",
        advice="Check the credentials and what they may do (doctor shows whether the store"
        " answers); on a cluster, the service account's role. Then retry.",
    ),
    Rule(
        kind="import-error",
        patterns=(
            r"No module named (?P<what>\S+)",
            r"cannot import name (?P<what>.+)",
            r"ImportError: (?P<what>.+)",
            r"(?P<what>\S+\.so[.\d]*): cannot open shared object file.*",
        ),
        cause="A package that the task imports is not there: {what}.",
        advice="Add it to the component's `packages_to_install` or to its image, and upload the"
        " pipeline again.",
        weight=3,
    ),
    Rule(
        kind="time-out",
        patterns=(
            r"DeadlineExceeded.*",
            r"(?i)longer than the specified deadline.*",
            r"(?i)context deadline exceeded.*",
            r"(?i)exceeded (?:its|the) (?:deadline|time limit|timeout).*",
            r"\bTimeout(?:Error|Expired)\b(?P<what>.*)",
            r"(?i)\b(?:read |connect(?:ion)? )?timed out\b(?P<what>.*)",
        ),
        cause="Something took longer than it may.",
        advice="See in the log what it waited for. If that was a service, check that it answers and"
        " retry; if it was the work itself, give it less to do or more time.",
        retry_helps=None,
    ),
    Rule(
        kind="service-unreachable",
        patterns=(
            r"(?i)connection refused(?P<what>.*)",
            r"(?i)max retries exceeded(?P<what>.*)",
            r"(?i)name or service not known(?P<what>.*)",
            r"(?i)temporary failure in name resolution(?P<what>.*)",
            r"(?i)connection reset by peer(?P<what>.*)",
            r"(?i)\b50[234] (?:bad gateway|service unavailable|gateway time-?out)(?P<what>.*)",
        ),
        cause="A service that the task talks to did not answer.",
        advice="Check the address and that the service is up, then retry.",
        weight=1.8,
        retry_helps=None,
    ),
    Rule(
        kind="stale-cache",
        patterns=(
            r"(?i)cache[d]?\b.{0,80}\b(?:no longer|not found|missing|gone|stale|deleted"
            r"|does not exist|outdated|expired)\b(?P<what>.*)",
            r"(?i)(?:output|artifact|result)s? (?:of|from) (?:a|the) cached .{0,60}"
            r"(?:missing|gone|deleted|not found)(?P<what>.*)",
        ),
        cause="A result was taken from the cache, and it does not hold any more.",
        advice="Start the run again without the cache (`use_cache=false`).",
        weight=3.5,
        retry_helps=False,
    ),
    Rule(
        kind="stale-cache",
        patterns=(
            r"(?i)(?:no such file or directory|NoSuchKey|the specified key does not exist"
            r"|no object).*(?P<what>artifacts/\S+)",
            r"(?P<what>X has \d+ features, but \w+ is expecting \d+ features.*)",
            r"(?P<what>[Tt]he feature names should match those that were passed during fit.*)",
        ),
        needs_cached=True,
        cause="A task was taken from the cache, and what it left does not fit any more: {what}.",
        advice="Start the run again without the cache (`use_cache=false`).",
        confidence=Confidence.MEDIUM,
        weight=3.4,
    ),
    Rule(
        kind="killed-worker",
        patterns=(
            r"The worker process ended before the run did.*",
            r"ended by signal SIG(?:KILL|TERM|HUP|INT|QUIT|SEGV|ABRT|BUS)\b.*",
            r"BrokenProcessPool.*|A process in the process pool was terminated abruptly.*",
            r"TerminatedWorkerError.*|(?i:worker process (?:was )?(?:killed|terminated|died)).*",
            r"^Killed$",
            r"(?i)exit(?:ed)? (?:with )?(?:code|status)[: ]+(?:143|139|134)\b.*",
        ),
        cause="The process that did the work was ended from outside.",
        advice="Retry: what succeeded is reused. If it happens again, look at the machine's memory:"
        " the system ends the largest process when it runs out.",
        weight=1.5,
        retry_helps=True,
    ),
)
"""What is wrong with the machine, the services and the code's surroundings."""

CLUSTER = (
    Rule(
        kind="image-pull",
        patterns=(
            r"(?:ImagePullBackOff|ErrImagePull|InvalidImageName).*",
            r"(?i)failed to pull image (?P<what>\S+).*",
            r"(?i)pull access denied for (?P<what>\S+).*",
            r"(?i)manifest (?:for (?P<what>\S+) )?(?:not found|unknown).*",
            r"(?i)back-off pulling image (?P<what>\S+).*",
        ),
        cause="The image{space_what} cannot be pulled.",
        advice="Check how the image is written and that it was pushed, and the cluster's right to"
        " pull it (an image pull secret). Then retry.",
        weight=4,
    ),
    Rule(
        kind="quota",
        patterns=(
            r"(?i)exceeded quota: (?P<what>.+)",
            r"(?i)quota exceeded|exceeds? (?:the )?(?:resource )?quota",
            r"(?i)maximum (?:cpu|memory) usage per (?:container|pod) is (?P<what>.+)",
        ),
        cause="The namespace's quota does not allow what the task asks for{colon_what}.",
        advice="Ask for less (requests and limits of the task), end other runs, or have the quota"
        " raised. Then retry.",
        weight=4,
        retry_helps=None,
    ),
    Rule(
        kind="no-room",
        patterns=(
            r"(?i)\d+/\d+ nodes are available: (?P<what>.+)",
            r"(?i)FailedScheduling(?P<what>.*)",
            r"(?i)insufficient (?:cpu|memory|nvidia\.com/gpu)(?P<what>.*)",
        ),
        cause="No node of the cluster has room for the task{colon_what}.",
        advice="Ask for less, wait until other work has ended, or add a node. Then retry.",
        weight=3.2,
        retry_helps=None,
    ),
    Rule(
        kind="pod-evicted",
        patterns=(
            r"(?i)the node was low on resource: (?P<what>[\w-]+).*",
            r"(?i)(?:pod|status|reason).{0,40}\bevicted\b.*|^Evicted\b.*",
            r"(?i)preempt(?:ed|ing)\b.*",
            r"(?i)node (?:is shutting down|shutdown|is not ready|lost).*|NodeLost.*",
            r"(?i)pod (?:was )?(?:deleted|terminated) (?:during|in response).*",
            r"(?i)usage of emptydir volume .* exceeds .*|.*exceeds the limit of ephemeral.*",
        ),
        cause="The cluster put the task's pod off its node{colon_what}.",
        advice="Retry: what succeeded is reused. If it happens again, give the task requests that"
        " match what it uses, so that the node keeps room for it.",
        weight=4,
        retry_helps=True,
    ),
)
"""What Kubernetes says."""

CODE = (
    Rule(
        kind="broken-code",
        patterns=(
            r"(?:SyntaxError|IndentationError|NameError|UnboundLocalError|AttributeError"
            r"|NotImplementedError|ZeroDivisionError|IndexError|RecursionError): (?P<what>.+)",
            r"AssertionError(?:: (?P<what>.+))?$",
        ),
        cause="The task's own code broke off: {what}.",
        vague="The task's own code broke off.",
        advice="See in the traceback which line it was, mend it, and upload the pipeline again.",
        confidence=Confidence.MEDIUM,
        weight=1,
    ),
)
"""What is wrong with the code itself, where nothing more precise is known."""
