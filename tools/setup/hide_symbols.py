#!/usr/bin/env python3
"""Hides the C symbols that a shared library exports by accident.

libparquet of the pyarrow wheel carries its own OpenSSL and exports all of it. In
Python that is harmless, for there it is loaded apart; in a program that links it,
the loader then binds the system's libssl to parts of the other version. Marking a
dynamic symbol as hidden (ELF, st_other) makes the loader keep it to its library.

  hide_symbols.py LIBRARY...   changes the files in place; C++ names stay as they are
"""

import struct
import sys
from pathlib import Path

SHT_DYNSYM = 11
STB_LOCAL = 0
STV_HIDDEN = 2
SYMBOL_BYTES = 24


def HideSymbols(data: bytearray) -> int:
    """Hides every defined global symbol that is no C++ name; returns how many."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit little-endian ELF file")
    (table,) = struct.unpack_from("<Q", data, 0x28)
    entry_bytes, entries = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + i * entry_bytes) for i in range(entries)]
    hidden = 0
    for _, kind, _, _, offset, size, link, *_ in sections:
        if kind != SHT_DYNSYM:
            continue
        strings = sections[link][4]
        for symbol in range(offset, offset + size, SYMBOL_BYTES):
            name_at, info, _, section = struct.unpack_from("<IBBH", data, symbol)
            begin = strings + name_at
            name = data[begin : data.index(0, begin)]
            if section == 0 or info >> 4 == STB_LOCAL or not name or name.startswith(b"_Z"):
                continue
            data[symbol + 5] = data[symbol + 5] & ~3 | STV_HIDDEN
            hidden += 1
    return hidden


def main():
    for name in sys.argv[1:]:
        path = Path(name)
        data = bytearray(path.read_bytes())
        hidden = HideSymbols(data)
        path.write_bytes(data)
        print(f"{path.name}: {hidden} symbols hidden")


if __name__ == "__main__":
    main()
