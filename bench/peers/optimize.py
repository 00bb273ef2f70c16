"""OPTIMIZE or Z-order of a table by delta-rs.

optimize.py compact|zorder TABLE [COLUMN]...
"""

import sys

import deltalake

action, table, *columns = sys.argv[1:]
optimize = deltalake.DeltaTable(table).optimize
if action == "compact":
    optimize.compact(target_size=512 << 20)
else:
    optimize.z_order(columns, target_size=512 << 20)
