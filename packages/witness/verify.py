#!/usr/bin/env python3
"""Checks a proof of `login-policy witness prove` offline, with nothing but Python 3.

    verify.py PROOF PUBLIC_KEY [OLDER_TREE_HEAD]

PROOF is a file: the proof of an event (c2sp.org/tlog-proof), or of consistency with an older tree head, which is a file,
too. PUBLIC_KEY is NAME+ID+KEY. Prints what is proved, and exits with 1 where nothing is.
"""
import base64, hashlib, json, re, sys

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519: RFC 8032, section 5.1
D = -121665 * pow(121666, P - 2, P) % P


def sha256(data):
    return hashlib.sha256(data).digest()


def demand(holds, problem):
    if not holds:
        sys.exit(f"REFUSED: {problem}")


def x_of(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    demand((x * x - square) % P == 0 and (x or not sign), "a point is not on the curve")
    return P - x if x % 2 != sign else x


def add(a, b):  # in extended coordinates
    A, B = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    C, E = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = B - A, E - C, E + C, B + A
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, point):
    result = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def point_of(data):
    number = int.from_bytes(data, "little")
    y, sign = number % 2**255, number >> 255
    demand(y < P, "a point is not canonical")
    x = x_of(y, sign)
    return (x, y, 1, x * y % P)


def signs(key, message, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    y = 4 * pow(5, P - 2, P) % P
    left = times(s, (x_of(y, 0), y, 1, x_of(y, 0) * y % P))
    right = add(point_of(r), times(k, point_of(key)))
    return all((left[at] * right[2] - right[at] * left[2]) % P == 0 for at in (0, 1))


def tree_head(note, public_key):
    """The size and the root of a signed tree head."""
    name, key_id, key = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(\S+)", public_key).groups()
    key = base64.b64decode(key)
    demand(len(key) == 33 and key[0] == 1 and sha256(f"{name}\n".encode() + key)[:4].hex() == key_id, "the key is malformed")
    text, signatures = note.rsplit("\n\n", 1)
    lines = [line.split(" ") for line in signatures.splitlines()]
    ours = [base64.b64decode(line[2]) for line in lines if line[:2] == ["—", name]]
    ours = [signature[4:] for signature in ours if signature[:4].hex() == key_id]
    demand(ours and all(signs(key[1:], f"{text}\n".encode(), one) for one in ours), "the tree head is not signed by this key")
    origin, size, root = text.split("\n")[:3]
    demand(origin == name, "the tree head is of another log")
    return int(size), base64.b64decode(root)


def besides(start, end, size):
    """The beginnings of the neighbours of a part of the tree, from the lowest one up (RFC 6962, section 2.1)."""
    low, high, neighbours = 0, size, []
    while (low, high) != (start, end):
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        neighbours.append(middle if end <= middle else low)
        low, high = (low, middle) if end <= middle else (middle, high)
    return neighbours[::-1]


def node(start, own, beside, hash):
    return sha256(b"\1" + (hash + own if beside < start else own + hash))


def verify_event(head, lines, public_key):
    size, root = tree_head(head, public_key)
    extra, index = json.loads(base64.b64decode(lines[1][6:])), int(lines[2][6:])
    demand(index < size, "the tree head is older than the event")
    hash, way = sha256(b"\0" + extra["leaf"].encode()), besides(index, index + 1, size)
    for beside, neighbour in zip(way, lines[3:]):
        hash = node(index, hash, beside, base64.b64decode(neighbour))
    demand(hash == root and len(way) == len(lines) - 3, "the event is not in the log of this tree head")
    event = json.loads(extra["leaf"])
    for name in set(extra) - {"leaf"}:
        text = extra[name].get("text")
        committed = sha256((extra[name]["salt"] + ("" if text is None else f":{text}")).encode())
        demand(event[f"commitmentTo{name.title()}"] == base64.b64encode(committed).decode(), f"the {name} is another one")
        event[name] = text
    print(f"VERIFIED: event {index + 1} of {size}\n{json.dumps(event, indent=2, ensure_ascii=False)}")


def verify_consistency(head, lines, public_key, older):
    (size, root), (old_size, old_root) = tree_head(head, public_key), tree_head(older, public_key)
    demand(lines[0] == f"old {old_size}" and old_size <= size, "the proof is of another older tree head")
    hashes = [base64.b64decode(line) for line in lines[1:]]
    if old_size in (0, size):
        demand(not hashes and (old_size == 0 or old_root == root), "the tree heads are not consistent")
    else:
        start = old_size & old_size - 1  # of the last full part of the older tree
        way, hashes = besides(start, old_size, size), hashes if start else [old_root] + hashes
        demand(len(hashes) == len(way) + 1, "the proof has another number of hashes")
        old = new = hashes[0]
        for beside, hash in zip(way, hashes[1:]):
            new = node(start, new, beside, hash)
            old = node(start, old, beside, hash) if beside < start else old
        demand((old, new) == (old_root, root), "the tree heads are not consistent")
    print(f"VERIFIED: the log of {old_size} events is the beginning of that of {size}")


if __name__ == "__main__":
    demand(len(sys.argv) in (3, 4), __doc__)
    proof, *older = [open(file, encoding="utf-8", newline="").read() for file in sys.argv[1:2] + sys.argv[3:]]
    try:
        body, head = proof.split("\n\n", 1)
        if body.startswith("c2sp.org/tlog-proof@v1\n"):
            verify_event(head, body.split("\n"), sys.argv[2])
        else:
            demand(older, "a proof of consistency is checked with the older tree head")
            verify_consistency(head, body.split("\n"), sys.argv[2], older[0])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        demand(False, f"the proof is malformed ({error!r})")
