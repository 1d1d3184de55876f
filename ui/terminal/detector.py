"""`kindred.py train-detector`: make the detector better on a family's own photos."""

from __future__ import annotations

import argparse
from pathlib import Path

from model.tensorflow_import import import_tensorflow
from ui.terminal.output import DONE, Bars, say


def add(commands) -> None:
    parser = commands.add_parser(
        "train-detector",
        help="fine-tune the detector on boxes that you drew or corrected",
        description="Learns from the photos under FOLDER whose boxes were drawn or faces confirmed "
        "in the library, or from FOLDER/boxes.json with FOLDER/images. The result is used only "
        "if it finds more on photos that it did not learn from, and does as well as the shipped "
        "detector on close-ups, on photos on their side and where no face is.",
    )
    parser.add_argument("folder", nargs="?", metavar="FOLDER", type=Path)
    parser.add_argument("--forget", action="store_true", help="go back to the shipped detector")
    parser.set_defaults(run=_train_detector, wrong=parser.error)


def _train_detector(options: argparse.Namespace) -> int:
    import_tensorflow()
    if (options.folder is None) != options.forget:
        options.wrong("expected FOLDER, or --forget alone")
    from model.detector.family_detector import adopt, forget

    if options.forget:
        say("The shipped detector is used again" if forget() else "Nothing was fine-tuned")
        return DONE

    from model.detector.closer_look import build_closer_look
    from model.detector.second_look.refinement import load_second_look
    from model.detector.single_shot import KINDRED_CONFIG, build_single_shot
    from model.zoo.catalogue import KINDRED, MTCNN, best
    from model.zoo.networks import find_files, load_detector
    from model.zoo.weight_file import load_weights
    from training.detector.family_finetune import fine_tune
    from training.detector.pictures.landmark_teacher import with_landmarks

    samples = _samples(options.folder)
    files = find_files(KINDRED)
    shipped = load_weights(files["detector.npz"], build_single_shot(KINDRED_CONFIG))
    closer = load_weights(files["closer_look.npz"], build_closer_look())
    in_use, look = load_detector(best("detector")), load_second_look({**find_files(MTCNN), **files})
    with Bars() as bars:
        samples = with_landmarks(
            samples,
            look,
            progress=lambda done: bars.show("landmarks", done, len(samples)),
        )
        outcome = fine_tune(
            samples,
            shipped,
            in_use=in_use.detect,
            second_look=look,
            closer_look=closer,
            progress=bars.show,
        )
    say(
        f"Learned from {outcome.learned} photos. On {outcome.held_out} others, average precision "
        f"{outcome.before:.3f} before and {outcome.after:.3f} after"
    )
    if outcome.wins:
        adopt(outcome.network, {"family": outcome.after, "family_before": outcome.before})
        say("From now on training uses this detector; train-detector --forget goes back")
    elif outcome.gains:
        say(f"It does worse on {', '.join(outcome.worse)}: the shipped detector stays")
    else:
        say("That is no gain: the shipped detector stays")
    return DONE


def _samples(folder: Path):
    from data.home import home
    from data.library import Library
    from training.detector.family_finetune import corrected_samples
    from training.detector.pictures.samples import read_samples

    if (folder / "boxes.json").is_file():
        return read_samples(folder)
    with Library(home()) as library:
        return corrected_samples(library, folder)
