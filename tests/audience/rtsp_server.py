"""A real RTSP server for the tests: GStreamer's, run by the system's own Python.

Usage: python3 rtsp_server.py PORT NAME=PIPELINE …   Port 0 takes a free one; the port is printed.
"""

from __future__ import annotations

import sys

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
for mount in sys.argv[2:]:
    name, _, pipeline = mount.partition("=")
    factory = GstRtspServer.RTSPMediaFactory()
    # Not shared: two clients that ask at once for one pipeline can hang this server for good.
    factory.set_launch(f"( {pipeline} )")
    server.get_mount_points().add_factory(f"/{name}", factory)
if not server.attach(None):
    sys.exit("port taken")
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
