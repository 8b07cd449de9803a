"""Values as a person reads them: in the terminal and on the command line."""

from surfaces.rendering import (
    comparison,
    diagnosis,
    knowledge,
    lineage,
    models,
    models_use,
    objects,
    runs,
    schedules,
    session,
    toolchain_platforms,
    toolchain_projects,
    toolchains,
    triggers,
)
from surfaces.rendering.anything import render
from surfaces.rendering.headlines import headline
from surfaces.words import bytes_in_words, clean, duration, moment

SUBJECTS = (
    comparison,
    diagnosis,
    knowledge,
    lineage,
    models,
    models_use,
    objects,
    runs,
    schedules,
    session,
    toolchain_platforms,
    toolchain_projects,
    toolchains,
    triggers,
)
"""The modules that teach `render` the types of each subject."""

__all__ = ["SUBJECTS", "bytes_in_words", "clean", "duration", "headline", "moment", "render"]
