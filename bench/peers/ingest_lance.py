"""Peer: a folder of images into a Lance dataset, streamed."""

import lance
from reading import SCHEMA, Arguments, Reader

arguments = Arguments()
lance.write_dataset(Reader(arguments.source), str(arguments.out), schema=SCHEMA)
