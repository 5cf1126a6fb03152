#!/usr/bin/env python3
"""Writes the symbol graphs of each library into a folder of its own, and prints their names: graph_folders.py FOLDER"""

import sys

from compiler import NotBuilt, graphs, libraries

try:
    for library in libraries():
        graphs(library, f"{sys.argv[1]}/{library}")
        print(library)
except NotBuilt as reason:
    sys.exit(str(reason))
