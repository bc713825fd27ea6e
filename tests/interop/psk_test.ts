// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// External pre-shared keys with OpenSSL and GnuTLS, in both versions and roles.

import { assertEquals, assertMatch } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { importFD, type ImportOptions, SslError, type SslSocket } from "@nss/nss/ssl";
import { openNamespace } from "../support/namespace.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { openssl } from "../support/peers/openssl.ts";
import { echo, payload, readText, writeText } from "../support/peers/peer.ts";
import { type Process, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";

const IDENTITY = "device 7";
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 3 * i);
const HEX = encodeHex(KEY);
const SUITE = "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256";

/** Both ends have this key; TLS 1.2 needs its suite by name. */
const PSK: ImportOptions = {
  externalPsks: [{ identity: IDENTITY, key: KEY }],
  cipherSuites: ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", SUITE],
  handshakeTimeout: 10_000,
};

/** How a handshake goes, for us and for the two programs. */
interface Row {
  readonly title: string;
  readonly ours: ImportOptions;
  readonly openssl: readonly string[];
  /** The priority of GnuTLS; `null` where it cannot do this. */
  readonly gnutls: string | null;
  /** Our version, suite and group. */
  readonly expected: readonly [string, RegExp, RegExp];
}

const ROWS: readonly Row[] = [
  {
    title: "TLS 1.3, psk_dhe_ke",
    ours: { versions: { min: "TLSv1.3" } },
    openssl: ["-tls1_3"],
    gnutls: "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK",
    expected: ["TLSv1.3", /_SHA256$/, /./],
  },
  {
    title: "TLS 1.3, psk_ke",
    ours: { versions: { min: "TLSv1.3" }, pskKeyExchangeModes: ["psk_ke"] },
    openssl: ["-tls1_3", "-allow_no_dhe_kex"],
    gnutls: "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK",
    expected: ["TLSv1.3", /_SHA256$/, /^$/],
  },
  {
    title: "TLS 1.3 after a HelloRetryRequest",
    ours: { versions: { min: "TLSv1.3" }, groups: ["x25519", "secp384r1"], keyShares: ["x25519"] },
    openssl: ["-tls1_3", "-groups", "P-521:P-384"],
    gnutls: null,
    expected: ["TLSv1.3", /_SHA256$/, /^secp384r1$/],
  },
  {
    title: "TLS 1.2, ECDHE_PSK",
    ours: { versions: { max: "TLSv1.2" } },
    openssl: ["-tls1_2", "-cipher", "ECDHE-PSK-CHACHA20-POLY1305"],
    gnutls: "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK",
    expected: ["TLSv1.2", /^TLS_ECDHE_PSK_/, /./],
  },
];

function test(
  title: string,
  found: { ok: true } | { ok: false; reason: string },
  fn: () => Promise<void>,
) {
  if (found.ok) Deno.test(title, fn);
  else skip(title, found.reason);
}

async function negotiated(socket: SslSocket, { expected, title }: Row): Promise<void> {
  const info = await socket.handshake();
  const [version, suite, group] = expected;
  assertEquals(info.version, version);
  assertMatch(info.cipherSuite, suite);
  assertMatch(info.group, group);
  assertEquals(new TextDecoder().decode(info.pskIdentity!), IDENTITY);
  assertEquals(info.helloRetryRequest, /HelloRetryRequest/.test(title));
}

/** Serves one client, which is a program that echoes lines to the test. */
async function serveProgram(
  row: Row,
  start: (port: number) => Process,
  ready: RegExp | null,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process = start(listener.addr.port);
  const { keyShares: _, ...ours } = row.ours;
  using socket = importFD(await listener.accept(), { ...PSK, ...ours, role: "server" });
  await negotiated(socket, row);
  if (ready === null) return void await process.close();
  const echoing = echo(socket);
  echoing.catch(() => {}); // awaited below
  await process.waitFor(ready);
  const from = process.stdout.length;
  const text = payload(300);
  await process.write(text);
  await process.waitFor((p) => p.stdout.slice(from).includes(text) ? p : null);
  await process.closeInput();
  await echoing;
  await socket.close();
  await process.result();
}

const [foundOpenssl, foundGnutls] = [await openssl.available(), await gnutls.available()];

for (const row of ROWS) {
  test(`externalPsks with openssl s_server: ${row.title}`, foundOpenssl, async () => {
    await using process = spawn("openssl", {
      // deno-fmt-ignore
      args: ["s_server", "-accept", "127.0.0.1:0", "-nocert", "-psk", HEX, "-psk_identity", IDENTITY, ...row.openssl],
      interactive: true,
    });
    const [, port] = await process.waitFor((p) => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(p.stdout));
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    using socket = importFD(conn, { ...PSK, ...row.ours });
    await negotiated(socket, row);
    const text = payload(300);
    await writeText(socket, text);
    await process.waitFor((p) => p.stdout.includes(text) ? p : null);
    await process.write(text);
    assertEquals(await readText(socket, text.length), text);
    await socket.close();
  });

  test(
    `externalPsks with openssl s_client: ${row.title}`,
    foundOpenssl,
    () =>
      serveProgram(row, (port) =>
        spawn("openssl", {
          // deno-fmt-ignore
          args: ["s_client", "-connect", `127.0.0.1:${port}`, "-psk", HEX, "-psk_identity", IDENTITY, ...row.openssl],
          interactive: true,
        }), /^ *Verify return code: /m),
  );

  const { gnutls: priority } = row;
  if (priority === null) continue;
  // gnutls-cli 3.7.9 dies of SIGSEGV after a handshake with ECDHE-PSK in TLS 1.2, with its own
  // server too: the handshake is then all that it shows.
  test(
    `externalPsks with gnutls-cli: ${row.title}`,
    foundGnutls,
    () =>
      serveProgram(row, (port) =>
        spawn("gnutls-cli", {
          // deno-fmt-ignore
          args: ["--port", String(port), "--pskusername", IDENTITY, "--pskkey", HEX, "--priority", priority, "127.0.0.1"],
          interactive: true,
        }), row.expected[0] === "TLSv1.2" ? null : /^- Simple Client Mode:$/m),
  );

  test(`externalPsks with gnutls-serv: ${row.title}`, foundGnutls, async () => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, `${IDENTITY}:${HEX}\n`);
    const namespace = await openNamespace();
    await using process = namespace.spawn("gnutls-serv", {
      args: ["--echo", "--port", "4433", "--pskpasswd", file, "--priority", priority],
    });
    try {
      using socket = importFD(await namespace.connect(4433), { ...PSK, ...row.ours });
      await negotiated(socket, row);
      const text = payload(300);
      await writeText(socket, text);
      assertEquals(await readText(socket, text.length), text);
      await socket.close();
    } finally {
      await process.close();
      await namespace.close();
      await Deno.remove(file);
    }
  });
}

test(
  "externalPsks with another key: openssl refuses us, and we refuse openssl",
  foundOpenssl,
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using process = spawn("openssl", {
      // deno-fmt-ignore
      args: ["s_client", "-connect", `127.0.0.1:${listener.addr.port}`, "-psk", HEX.slice(2), "-psk_identity", IDENTITY, "-tls1_3"],
      interactive: true,
    });
    using socket = importFD(await listener.accept(), { ...PSK, role: "server" });
    const error = await socket.handshake().then(() => null, (thrown) => thrown);
    assertEquals(error instanceof SslError && [error.name, error.alert], [
      "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
      "decrypt_error",
    ]);
    await process.waitFor(/alert decrypt error/);
  },
);
