// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// X25519MLKEM768 and external pre-shared keys with NSS 3.110, in both roles. It has neither the
// other hybrids nor ML-DSA.

import { assert, assertEquals } from "@std/assert";
import { getChannelInfo, importFD, type ImportOptions, type SslSocket } from "@nss/nss/ssl";
import { encodePem } from "../../cert/der/pem.ts";
import { namespaceProblem, openNamespace } from "../support/namespace.ts";
import { nss3110 } from "../support/newer_peers.ts";
import { run, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { cert, clientOver, file, folder, pair, SECRET, TIMEOUT, trustingDatabase } from "./_ech.ts";

const found = await nss3110();
const namespaces = await namespaceProblem();
const NSS = found.ok ? found.commands : { selfserv: "", tstclnt: "", certutil: "", pk12util: "" };
const certFile = await file("cert.pem", cert.toPem());
const keyFile = await file("key.pem", encodePem("PRIVATE KEY", await pair.exportPkcs8()));

const IDENTITY = "device 7";
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1);

/** What both ends are given, and what they agree on. */
interface Row {
  readonly title: string;
  readonly clientOnly?: true;
  readonly ours: ImportOptions;
  readonly server: ImportOptions;
  readonly theirs: readonly string[];
  readonly check: (socket: SslSocket) => void;
}

const certificates = [{ cert, key: pair.privateKey }];
const PSK: ImportOptions = { externalPsks: [{ identity: IDENTITY, key: KEY }] };

const ROWS: readonly Row[] = [
  ...["with a share", "after HelloRetryRequest"].map((how): Row => ({
    title: `agrees on X25519MLKEM768 ${how}`,
    ours: {
      groups: ["x25519", "X25519MLKEM768"],
      keyShares: how === "with a share" ? ["X25519MLKEM768"] : ["x25519"],
    },
    server: { certificates, groups: ["X25519MLKEM768"] },
    // Its client sends one share, of the first group.
    theirs: ["-I", how === "with a share" ? "mlkem768x25519" : "x25519,mlkem768x25519"],
    check: (socket) => {
      const { group, helloRetryRequest } = getChannelInfo(socket);
      assertEquals([group, helloRetryRequest], ["X25519MLKEM768", how !== "with a share"]);
    },
  })),
  {
    // Its server takes none, of its own client neither.
    clientOnly: true,
    title: "uses an external pre-shared key",
    ours: { ...PSK, keyShares: ["x25519"] },
    server: PSK,
    theirs: ["-z", `0x${KEY.toHex()}:${IDENTITY}`],
    check: (socket) => {
      const { pskIdentity, peerCertificates } = getChannelInfo(socket);
      assertEquals(new TextDecoder().decode(pskIdentity!), IDENTITY);
      assertEquals(peerCertificates, []);
    },
  },
];

for (const { title, clientOnly, ours, server, theirs, check } of ROWS) {
  const test = (name: string, other: string | undefined, fn: () => Promise<void>): void => {
    if (!found.ok) skip(name, found.reason, found.optional);
    else if (other !== undefined) skip(name, other);
    else Deno.test(name, fn);
  };

  if (!clientOnly) {
    test(`NSS 3.110's server ${title}`, namespaces, async () => {
      const db = `sql:${await Deno.makeTempDir({ dir: folder })}`;
      await runOk(NSS.certutil, ["-N", "-d", db, "--empty-password"]);
      // deno-fmt-ignore
      await runOk("openssl", ["pkcs12", "-export", "-in", certFile, "-inkey", keyFile, "-name",
      "server", "-passout", "pass:", "-out", `${folder}/server.p12`]);
      await runOk(NSS.pk12util, ["-i", `${folder}/server.p12`, "-d", db, "-W", "", "-K", ""]);
      const groups = theirs[0] === "-I" ? ["-I", "mlkem768x25519"] : theirs;
      await using namespace = await openNamespace();
      await using _process = namespace.spawn(NSS.selfserv, {
        args: ["-d", db, "-n", "server", "-p", "4433", "-V", "tls1.3:tls1.3", ...groups],
        cwd: folder,
      });
      await using socket = clientOver(await namespace.connect(4433), ours);
      await socket.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
      assert((await socket.read(new Uint8Array(100)))! > 0);
      check(socket);
    });
  }

  test(`NSS 3.110's client ${title}`, undefined, async () => {
    const db = await trustingDatabase(NSS.certutil);
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const client = run(NSS.tstclnt, {
      // deno-fmt-ignore
      args: ["-d", db, "-h", "127.0.0.1", "-p", `${listener.addr.port}`, "-a", SECRET, "-V",
        "tls1.3:tls1.3", "-Q", ...theirs],
      timeout: TIMEOUT,
    });
    await using socket = importFD(await listener.accept(), {
      role: "server",
      handshakeTimeout: 20_000,
      closeTimeout: 200,
      ...server,
    });
    await socket.handshake();
    check(socket);
    // It goes on reading until the server ends.
    await socket.close();
    const { code, stderr } = await client;
    assertEquals(code, 0, stderr);
  });
}
