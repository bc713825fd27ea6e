// Copyright 2026 the NSS for Deno authors. MIT license.

/** Handshakes with external pre-shared keys in which a message was altered on its way. @module */

import { assertEquals } from "@std/assert";
import type { ErrorName } from "../../cert/base/errors.ts";
import type { ExternalPsk } from "../../ssl/config/external_psk.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { type Action, actOn, editExtension, flip, setU16 } from "./_filters.ts";
import { assertFails, join, outcomeOf, shake } from "./_support.ts";

const PSK: ExternalPsk = { identity: "device 7", key: new Uint8Array(32).fill(7) };
const OTHER: ExternalPsk = { identity: "other", key: new Uint8Array(32).fill(8), hash: "SHA-384" };
const E = ExtensionType;
const T = HandshakeType;

interface Row {
  readonly title: string;
  readonly sender: "client" | "server";
  readonly type: number;
  readonly action: Action;
  readonly error: ErrorName;
  readonly alert: AlertName;
  readonly at?: "client" | "server";
  readonly both?: ImportOptions;
}

const edit = (change: (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Action => ({
  edit: change,
});
const inHello = (
  type: number,
  change: ((body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) | null,
) => edit(editExtension("ClientHello", type, change));
const inServerHello = (
  type: number,
  change: ((body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) | null,
) => edit(editExtension("ServerHello", type, change));
const TLS12 = {
  versions: { max: "TLSv1.2" },
  cipherSuites: ["TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"],
} as const;

const ROWS: readonly Row[] = [
  {
    title: "a byte of the random",
    sender: "client",
    type: T.clientHello,
    action: edit(flip(2)),
    error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    alert: "decrypt_error",
  },
  {
    title: "a byte of the binder",
    sender: "client",
    type: T.clientHello,
    action: edit(flip(-60)),
    error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    alert: "decrypt_error",
  },
  {
    title: "a byte of the identity",
    sender: "client",
    type: T.clientHello,
    action: inHello(E.preSharedKey, flip(5)),
    error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    alert: "decrypt_error",
  },
  {
    title: "no pre_shared_key",
    sender: "client",
    type: T.clientHello,
    action: inHello(E.preSharedKey, null),
    error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    alert: "handshake_failure",
  },
  {
    title: "no psk_key_exchange_modes",
    sender: "client",
    type: T.clientHello,
    action: inHello(E.pskKeyExchangeModes, null),
    error: "SSL_ERROR_MISSING_PSK_KEY_EXCHANGE_MODES",
    alert: "missing_extension",
  },
  {
    title: "an unknown mode",
    sender: "client",
    type: T.clientHello,
    action: inHello(E.pskKeyExchangeModes, (body) => {
      body[1] = 9;
      return body;
    }),
    error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    alert: "handshake_failure",
  },
  {
    title: "a PSK that was not offered",
    sender: "server",
    type: T.serverHello,
    action: inServerHello(E.preSharedKey, flip(0)),
    error: "SSL_ERROR_MALFORMED_PRE_SHARED_KEY",
    alert: "illegal_parameter",
    at: "client",
  },
  {
    title: "no PSK",
    sender: "server",
    type: T.serverHello,
    action: inServerHello(E.preSharedKey, null),
    error: "SSL_ERROR_KEY_EXCHANGE_FAILURE",
    alert: "handshake_failure",
    at: "client",
  },
  {
    title: "a PSK of another hash",
    sender: "server",
    type: T.serverHello,
    action: inServerHello(E.preSharedKey, flip(1)),
    error: "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
    alert: "illegal_parameter",
    at: "client",
  },
  {
    title: "a suite of another hash",
    sender: "server",
    type: T.serverHello,
    action: edit(setU16(67, 0x1302)),
    error: "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
    alert: "illegal_parameter",
    at: "client",
  },
  {
    title: "no key share without psk_ke",
    sender: "server",
    type: T.serverHello,
    action: inServerHello(E.keyShare, null),
    error: "SSL_ERROR_MISSING_KEY_SHARE",
    alert: "missing_extension",
    at: "client",
  },
  {
    title: "a CertificateRequest",
    sender: "server",
    type: T.finished,
    action: { type: T.certificateRequest, body: [0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3] },
    error: "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST",
    alert: "unexpected_message",
    at: "client",
  },
  {
    title: "a Certificate",
    sender: "server",
    type: T.finished,
    action: { type: T.certificate, body: [0, 0, 0, 0] },
    error: "SSL_ERROR_RX_UNEXPECTED_CERTIFICATE",
    alert: "unexpected_message",
    at: "client",
  },
  {
    title: "a byte of the server's Finished",
    sender: "server",
    type: T.finished,
    action: edit(flip(0)),
    error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    alert: "decrypt_error",
    at: "client",
  },
  {
    title: "TLS 1.2: a Certificate",
    sender: "server",
    type: T.serverKeyExchange,
    action: { type: T.certificate, body: [0, 0, 0] },
    error: "SSL_ERROR_RX_UNEXPECTED_CERTIFICATE",
    alert: "unexpected_message",
    at: "client",
    both: TLS12,
  },
  {
    title: "TLS 1.2: a CertificateRequest",
    sender: "server",
    type: T.serverHelloDone,
    action: { type: T.certificateRequest, body: [1, 1, 0, 2, 4, 3, 0, 0] },
    error: "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST",
    alert: "unexpected_message",
    at: "client",
    both: TLS12,
  },
  {
    title: "TLS 1.2: another curve",
    sender: "server",
    type: T.serverKeyExchange,
    action: edit(setU16(3, 0x0015)),
    error: "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
    alert: "illegal_parameter",
    at: "client",
    both: TLS12,
  },
  {
    title: "TLS 1.2: a hint beyond the message",
    sender: "server",
    type: T.serverKeyExchange,
    action: edit(setU16(0, 0xffff)),
    error: "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
    alert: "decode_error",
    at: "client",
    both: TLS12,
  },
  {
    title: "TLS 1.2: an identity beyond the message",
    sender: "client",
    type: T.clientKeyExchange,
    action: edit(setU16(0, 0xffff)),
    error: "SSL_ERROR_RX_MALFORMED_CLIENT_KEY_EXCH",
    alert: "decode_error",
    both: TLS12,
  },
  {
    title: "TLS 1.2: a suite that was not offered",
    sender: "server",
    type: T.serverHello,
    action: edit(setU16(35, 0xc02b)),
    error: "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
    alert: "illegal_parameter",
    at: "client",
    both: TLS12,
  },
];

for (const { title, sender, type, action, error, alert, at = "server", both = {} } of ROWS) {
  Deno.test(`externalPsks: ${title} is refused`, async () => {
    const internals = { messageFilter: actOn(type, 0, action) };
    const client: ImportOptions = {
      externalPsks: [PSK, OTHER],
      versions: { min: "TLSv1.3" },
      ...both,
    };
    const server: ImportOptions = { externalPsks: [PSK, OTHER], certificates: [], ...both };
    await assertFails({
      client,
      server,
      ...sender === "client" ? { clientInternals: internals } : { serverInternals: internals },
    }, { at, error, alert });
  });
}

Deno.test("externalPsks: a key share where only psk_ke was offered is refused (RFC 8446, Section 4.2.9)", async () => {
  // The server is told psk_dhe_ke in place of psk_ke; the binder covers it, so that it fails there
  const internals = {
    messageFilter: actOn(
      T.clientHello,
      0,
      inHello(E.pskKeyExchangeModes, (body) => {
        body[1] = 1;
        return body;
      }),
    ),
  };
  await assertFails({
    client: { externalPsks: [PSK], versions: { min: "TLSv1.3" }, pskKeyExchangeModes: ["psk_ke"] },
    server: { externalPsks: [PSK], certificates: [] },
    clientInternals: internals,
  }, { at: "server", error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE", alert: "decrypt_error" });
  // A share in ServerHello
  const share = [0, 0x33, 0, 36, 0, 0x1d, 0, 32, ...new Uint8Array(32).fill(9)];
  const addShare = edit((body) => {
    const at = 2 + 32 + 1 + body[34]! + 3;
    const extensions = [...body.slice(at + 2), ...share];
    return new Uint8Array([
      ...body.slice(0, at),
      extensions.length >> 8,
      extensions.length & 255,
      ...extensions,
    ]);
  });
  await assertFails({
    client: { externalPsks: [PSK], versions: { min: "TLSv1.3" }, pskKeyExchangeModes: ["psk_ke"] },
    server: { externalPsks: [PSK], certificates: [], pskKeyExchangeModes: ["psk_ke"] },
    serverInternals: { messageFilter: actOn(T.serverHello, 0, addShare) },
  }, { at: "client", error: "SSL_ERROR_RX_MALFORMED_SERVER_HELLO", alert: "illegal_parameter" });
});

Deno.test("externalPsks: ALPN and names go on beside a pre-shared key", async () => {
  await using joined = join({
    client: { externalPsks: [PSK], alpnProtocols: ["a"], versions: { min: "TLSv1.3" } },
    server: { externalPsks: [PSK], alpnProtocols: ["a"], certificates: [] },
  });
  const [client, server] = await shake(joined);
  assertEquals([client.alpnProtocol, server.serverName], ["a", "server.test"]);
});

Deno.test("externalPsks: no byte of a ClientHello that is altered makes a server accept", async () => {
  for (let at = 0; at < 400; at += 7) {
    const cut: Action = edit((body) => {
      const raw = body.slice();
      raw[at % raw.length]! ^= 0x55;
      return raw;
    });
    await using joined = join({
      client: {
        externalPsks: [PSK],
        versions: { min: "TLSv1.3" },
        keyShares: ["x25519"],
        handshakeTimeout: 2000,
      },
      server: { externalPsks: [PSK], certificates: [], handshakeTimeout: 2000 },
      clientInternals: { messageFilter: actOn(T.clientHello, 0, cut) },
    });
    const [, server] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
    if (typeof server === "string") throw new Error(`byte ${at}: ${server}`);
  }
});
