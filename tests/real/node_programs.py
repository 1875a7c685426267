# SPDX-License-Identifier: MIT
"""Finds the two kinds of Node: the official binary, which carries libuv inside, and Debian's, which
links libuv.so.1. What the machine has not is fetched into the build tree, never installed over it."""

import glob
import os
import shutil
import subprocess
import unittest

from observe import Build

INSTALLED = ["/usr/bin/node", "/usr/local/bin/node"]
DEBIAN_MODULES = ["/usr/share/nodejs/acorn", "/usr/share/nodejs/cjs-module-lexer",
                  "/usr/share/nodejs/undici"]


def links_libuv(program):
    """Whether the program or a library it needs comes with libuv.so.1."""
    needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return "libuv.so" in needed.stdout


def installed(dynamic):
    for program in INSTALLED:
        if os.access(program, os.X_OK) and links_libuv(program) == dynamic:
            return program
    return None


def stock():
    """(command, environment) of an official Node binary."""
    program = installed(dynamic=False)
    if program is None:
        program = npm_node()
    return [program], {}


def npm_node():
    """The official binary as npm's package `node` carries it."""
    directory = Build.cache("npm-node")
    pattern = os.path.join(directory, "node_modules", "node*", "bin", "node")
    if not glob.glob(pattern):
        if not shutil.which("npm"):
            raise unittest.SkipTest("there is no official Node binary, and no npm to fetch one")
        fetched = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", directory,
                                  "node@20"], capture_output=True, text=True, check=False)
        if fetched.returncode != 0 or not glob.glob(pattern):
            raise unittest.SkipTest(f"npm could not fetch the package node: {fetched.stderr[-300:]}")
    return max(glob.glob(pattern), key=os.path.getsize)


def debian():
    """(command, environment) of Debian's nodejs."""
    program = installed(dynamic=True)
    if program is not None:
        return [program], {}
    missing = [path for path in DEBIAN_MODULES if not os.path.exists(path)]
    if missing:
        raise unittest.SkipTest(f"Debian's nodejs needs {missing[0]} (package node-*)")
    root = Build.cache("debian-node")
    program = os.path.join(root, "usr", "bin", "node")
    if not os.path.exists(program):
        fetch_debian_node(root)
    libraries = os.path.join(root, "usr", "lib", machine_triplet())
    return [program], {"LD_LIBRARY_PATH": libraries}


def machine_triplet():
    return subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True,
                          check=True).stdout.strip()


def fetch_debian_node(root):
    version = debian_node_version()
    wanted = [f"nodejs={version}", f"libnode108={version}", "libuv1"]
    fetched = subprocess.run(["apt-get", "download", *wanted], cwd=root, capture_output=True,
                             text=True, check=False)
    if fetched.returncode != 0:
        raise unittest.SkipTest(f"apt-get could not download nodejs: {fetched.stderr[-300:]}")
    for package in glob.glob(os.path.join(root, "*.deb")):
        subprocess.run(["dpkg", "-x", package, root], check=True)


def debian_node_version():
    """The newest version that comes with Debian's own libnode."""
    listed = subprocess.run(["apt-cache", "madison", "libnode108"], capture_output=True, text=True,
                            check=False).stdout.splitlines()
    if not listed:
        raise unittest.SkipTest("apt knows no package libnode108")
    return listed[0].split("|")[1].strip()
