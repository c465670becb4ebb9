# Requests that are wrong, made by libnbd with its own checks off; each must fail with the right error, and the
# connection must go on. To be run in nbdsh, with h connected.
import errno
import nbd
import os
import socket
import struct
from urllib.parse import urlparse, parse_qs

size = h.get_size()
h.set_strict_mode(0)


def fails(expected, what, action):
    try:
        action()
    except nbd.Error as problem:
        assert problem.errnum == expected, "%s: %s" % (what, problem)
    else:
        raise AssertionError(what + " succeeded")
    assert h.pread(512, 0) is not None, what


fails(errno.EINVAL, "read past the end", lambda: h.pread(512, size))
fails(errno.EINVAL, "read across the end", lambda: h.pread(1024, size - 512))
fails(errno.EINVAL, "read of too much", lambda: h.pread(size, 0))
fails(errno.EINVAL, "write of too much", lambda: h.pwrite(bytearray(size), 0))
fails(errno.EINVAL, "read of nothing", lambda: h.pread(0, 0))
fails(errno.EINVAL, "unaligned offset", lambda: h.pread(512, 1))
fails(errno.EINVAL, "unaligned length", lambda: h.pread(511, 0))
fails(errno.EINVAL, "huge offset", lambda: h.pread(512, (1 << 63) - 512))
fails(errno.EINVAL, "negative offset", lambda: h.pread(512, (1 << 64) - 512))
fails(errno.ENOSPC, "write past the end", lambda: h.pwrite(bytearray(512), size))
fails(errno.EINVAL, "unaligned write", lambda: h.pwrite(bytearray(513), 0))
fails(errno.ENOSPC, "trim past the end", lambda: h.trim(512, size))
fails(errno.ENOSPC, "zero past the end", lambda: h.zero(1024, size - 512))
fails(errno.EINVAL, "fast zero, which is not offered", lambda: h.zero(512, 0, nbd.CMD_FLAG_FAST_ZERO))
fails(errno.EINVAL, "unknown flags", lambda: h.pwrite(bytearray(512), 0, 1 << 15))
fails(errno.EINVAL, "flags of others", lambda: h.trim(512, 0, nbd.CMD_FLAG_NO_HOLE))
fails(errno.EINVAL, "cache past the end", lambda: h.cache(512, size))
fails(errno.EINVAL, "status not negotiated", lambda: h.block_status(512, 0, lambda *args: 0))

# libnbd cannot be made to send a command that there is not: by hand, and a read behind it.
path = parse_qs(urlparse(h.get_uri()).query)["socket"][0]
EXPORT_NAME, READ, UNKNOWN = 1, 0, 77
with socket.socket(socket.AF_UNIX) as raw, raw.makefile("rb") as replies:
    raw.settimeout(5)
    raw.connect(path)
    assert replies.read(16) == b"NBDMAGICIHAVEOPT"
    replies.read(2)
    raw.sendall(struct.pack(">I8sII", 3, b"IHAVEOPT", EXPORT_NAME, 0))
    assert struct.unpack(">QH", replies.read(10))[0] == size
    for command, expected in [(UNKNOWN, errno.EINVAL), (READ, 0)]:
        raw.sendall(struct.pack(">IHHQQI", 0x25609513, 0, command, 42, 0, 512))
        assert struct.unpack(">IIQ", replies.read(16)) == (0x67446698, expected, 42), command
    assert len(replies.read(512)) == 512

# Requests and replies of 200 clients, most of which leave in the middle.
clients = []
for i in range(200):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(5)
    try:
        client.connect(path)
        client.send(b"\0\0\0\3IHAVEOPT\0\0\0\7"[:i % 17])
    except OSError:
        pass
    clients.append(client)
for client in clients:
    client.close()
for i in range(16):
    other = nbd.NBD()
    for attempt in range(50):
        try:
            other.connect_uri(h.get_uri())
            break
        except nbd.Error:
            other = nbd.NBD()
            os.system("sleep 0.1")
    other.aio_pread(nbd.Buffer(1 << 20), 0)
    other.pwrite(bytearray(4096), i * 4096, nbd.CMD_FLAG_FUA)
    other.shutdown()
print("all as expected")
