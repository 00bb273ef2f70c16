"""Peer: a folder of images into a Delta table with delta-rs, streamed."""

import deltalake
from reading import Arguments, Reader

arguments = Arguments()
deltalake.write_deltalake(str(arguments.out), Reader(arguments.source))
