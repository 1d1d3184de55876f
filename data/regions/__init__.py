"""Face regions and names in a photo's metadata: reading other programs', writing ours, undoing it.

Two frames occur. A `Region` is in the *displayed* frame: upright, as everywhere in Kindred, but
normalised to 0..1. The files hold boxes in the *stored* frame, before Exif orientation;
`frames` converts, and nothing outside this package sees a stored box.

Reading takes MWG-RS, Microsoft and IPTC regions from sidecars and from the photo itself, and
Picasa's from `.picasa.ini`; where several describe one face, the first in that order wins.

Writing merges and never replaces. It goes to a sidecar unless `embed` is asked for; pixels are
never touched. A region is **ours** if the packet's own record (`record`) holds it, by
vocabulary, name and place: what somebody has renamed or moved since has become theirs. Ours
follow a changed name; those of others are kept, and so is everything that is unknown here.

    change = write_regions("party.jpg", [Region("Anne", (0.2, 0.1, 0.4, 0.5))])
    undo(change)

To survive a crash between writing and noting, plan, note, then apply:

    change = write_regions("party.jpg", regions, dry_run=True)
    journal.append(change.to_json())
    apply(change)
"""

from data.regions.change_journal import Change, ChangedSince, apply, undo
from data.regions.reading import read_regions
from data.regions.region import Region
from data.regions.writing import write_regions

__all__ = ["Change", "ChangedSince", "Region", "apply", "read_regions", "undo", "write_regions"]
