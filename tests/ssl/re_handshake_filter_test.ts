// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Messages that are lost, doubled, late, altered or replaced in handshakes after the first one: in
 * a renegotiation of TLS 1.2 each end says what it says in a first handshake, with some exceptions;
 * and what there is in post-handshake authentication of TLS 1.3.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  type ErrorName,
  type ImportOptions,
  newModel,
  optionSet,
  peerCertificate,
  reHandshake,
  type SslModel,
} from "@nss/nss";
import { change } from "../../ssl/config/config.ts";
import { configOf } from "../../ssl/config/config_registry.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import type { SslError } from "../../ssl/base/errors.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { assertExpected } from "./_expectations.ts";
import { type Expectation, MESSAGE_ROWS, type Row } from "./_filter_rows.ts";
import { type Action, actOn, append, type Edit, flip, setU16, truncate } from "./_filters.ts";
import {
  assertLocal,
  clientOptions,
  connected,
  failureOf,
  IMPATIENCE,
  outcomeOf,
  PATIENCE,
  PKI,
  serverOptions,
} from "./_support.ts";
import { ONLY_TLS12, ONLY_TLS13 } from "./_tls12.ts";
import { TLS12_MESSAGE_ROWS, type Tls12Expectation } from "./_tls12_rows.ts";

/** A model of either end that renegotiates when the other wants it. */
function willing(options: ImportOptions): SslModel {
  const model = newModel(options);
  optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  return model;
}

/** Acts on the first message of a type once it is armed. */
function later(filter: MessageFilter): MessageFilter & { armed: boolean } {
  const wrapped: MessageFilter & { armed: boolean } = Object.assign(
    (message: Parameters<MessageFilter>[0]) => wrapped.armed ? filter(message) : [message.raw],
    { armed: false },
  );
  return wrapped;
}

/** The error that a reader meets. */
async function readFailure(socket: SslSocket): Promise<SslError> {
  return await failureOf(socket.read(new Uint8Array(1)));
}

async function check(
  scenario: "full" | "auth",
  sender: Role,
  filter: MessageFilter,
  expectation: Tls12Expectation,
): Promise<void> {
  const patience = (role: Role) =>
    "waits" in expectation && expectation.waits === role ? IMPATIENCE : PATIENCE;
  const armable = later(filter);
  await using joined = await connected({
    client: {
      versions: ONLY_TLS12,
      model: willing(clientOptions(
        scenario === "auth" ? { certificates: [PKI.client.credential] } : {},
      )),
    },
    server: {
      versions: ONLY_TLS12,
      model: willing(serverOptions(scenario === "auth" ? { clientAuth: "require" } : {})),
    },
    [sender === "client" ? "clientInternals" : "serverInternals"]: { messageFilter: armable },
  });
  armable.armed = true;
  change(configOf(joined.server), { handshakeTimeout: patience("server") });
  const timeout = patience("client");
  const [client, server] = await Promise.all([
    failureOf(
      reHandshake(joined.client, true, { timeout }).then(() =>
        joined.client.read(new Uint8Array(1))
      ),
    ),
    readFailure(joined.server),
  ]);
  assertExpected(expectation, client, server);
}

const handshakeFailure = (at: Role, error: ErrorName): Tls12Expectation => ({
  at,
  error,
  alert: "handshake_failure",
});
/** Whoever looked at the certificate need not look again: it has to be the same. */
const otherPeer = (at: Role): Tls12Expectation => ({
  at,
  error: "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
  alert: "illegal_parameter",
});
const MISSING_EMS = "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET";
const UNSAFE = "SSL_ERROR_UNSAFE_NEGOTIATION";

/** What is otherwise than in a first handshake, by sender, message and action. */
const OTHERWISE: { readonly [action: string]: Tls12Expectation } = {
  // The server does not know that there is something to wait for.
  "client ClientHello drop": { waits: "client" },
  "client ClientHello reorder": { waits: "client" },
  // RFC 5746, Sections 3.5 and 3.7.
  "client ClientHello signals only": handshakeFailure("server", UNSAFE),
  "client ClientHello no renegotiation_info": handshakeFailure("server", UNSAFE),
  "server ServerHello no renegotiation_info": handshakeFailure("client", UNSAFE),
  "server ServerHello no extensions": handshakeFailure("client", UNSAFE),
  "client ClientHello no extensions": handshakeFailure("server", UNSAFE),
  // RFC 7627, Section 5.4.
  "client ClientHello no extended_master_secret": handshakeFailure("server", MISSING_EMS),
  "server ServerHello no extended_master_secret": handshakeFailure("client", MISSING_EMS),
  "server Certificate flip certificate's signature": otherPeer("client"),
  "client Certificate flip certificate's signature": otherPeer("server"),
  "client Certificate no certificate": otherPeer("server"),
  "server CertificateRequest another certificate type": otherPeer("server"),
  "server CertificateRequest another scheme": otherPeer("server"),
};

/** What is tried in a renegotiation. */
const RENEGOTIATIONS = TLS12_MESSAGE_ROWS.flatMap(({ scenario, ...rest }) =>
  scenario === "full" || scenario === "auth" ? [{ scenario, ...rest }] : []
);
const keyOf = (sender: Role, message: string, action: string) => `${sender} ${message} ${action}`;

for (const { scenario, sender, message, type, rows } of RENEGOTIATIONS) {
  Deno.test(`SslEngine says what is wrong with a ${sender}'s ${message} of a renegotiation (${scenario} handshake)`, async (t) => {
    for (const [name, action, expectation] of rows) {
      const expected = OTHERWISE[keyOf(sender, message, name)] ?? expectation;
      await t.step(name, () => check(scenario, sender, actOn(type, 0, action), expected));
    }
  });
}

Deno.test("all that is otherwise in a renegotiation is something that is tried", () => {
  const tried = RENEGOTIATIONS.flatMap(({ sender, message, rows }) =>
    rows.map(([name]) => keyOf(sender, message, name))
  );
  assertEquals(Object.keys(OTHERWISE).filter((key) => !tried.includes(key)), []);
});

/** The length of the context that tells one request from another. */
const CONTEXT_LENGTH = 32;
/** Where the list of certificates begins behind it. */
const LIST = 1 + CONTEXT_LENGTH;
const WAITS: Expectation = { waits: "server" };
const edited = (edit: Edit): Action => ({ edit });
const client = (error: ErrorName, alert: AlertName): Expectation => ({
  at: "client",
  error,
  alert,
});
const server = (error: ErrorName, alert: AlertName): Expectation => ({
  at: "server",
  error,
  alert,
});

/**
 * What is done to a CertificateRequest that follows the handshake, in which its context is empty.
 */
const REQUEST_ROWS: readonly Row[] = [
  ["drop", "drop", WAITS],
  ["duplicate", "duplicate", client("SSL_ERROR_RX_MALFORMED_CERT_REQUEST", "illegal_parameter")],
  ["reorder", "reorder", WAITS],
  [
    "another context",
    edited(flip(1)),
    server("SSL_ERROR_RX_MALFORMED_CERTIFICATE", "illegal_parameter"),
  ],
  [
    "no signature_algorithms",
    edited((body) => new Uint8Array([...body.subarray(0, LIST), 0, 4, 0x77, 0x77, 0, 0])),
    client("SSL_ERROR_MISSING_SIGNATURE_ALGORITHMS_EXTENSION", "missing_extension"),
  ],
  ["truncate", edited(truncate), client("SSL_ERROR_RX_MALFORMED_CERT_REQUEST", "decode_error")],
  ["append", edited(append), client("SSL_ERROR_RX_MALFORMED_CERT_REQUEST", "decode_error")],
  ["as certificate", { type: HandshakeType.certificate }, {
    at: "client",
    error: "SSL_ERROR_RX_UNEXPECTED_CERTIFICATE",
    alert: "unexpected_message",
  }],
];

/** Edits of a client's Certificate that count bytes, which the context moves. */
const MOVED: { readonly [name: string]: Action } = {
  "flip certificate's tag": edited(flip(LIST + 6)),
  "extension not asked for": edited((body) => {
    const grown = new Uint8Array([...body.subarray(0, -2), 0, 4, 0x77, 0x77, 0, 0]);
    return setU16(LIST + 1, (body[LIST + 1]! << 8 | body[LIST + 2]!) + 4)(grown);
  }),
  "no certificate": edited((body) => new Uint8Array([...body.subarray(0, LIST), 0, 0, 0])),
};

/**
 * What is otherwise after a handshake of TLS 1.3: no key changes with Finished, so that a record
 * may hold more.
 */
const OTHERWISE_ASKED: { readonly [action: string]: Expectation } = {
  "Finished duplicate": server("SSL_ERROR_RX_UNEXPECTED_FINISHED", "unexpected_message"),
};

/** A server of TLS 1.3 asks for a certificate after the handshake. */
async function checkAsked(
  sender: Role,
  filter: MessageFilter,
  expectation: Expectation,
): Promise<void> {
  const waits = "waits" in expectation;
  const armable = later(filter);
  const model = newModel(clientOptions({ certificates: [PKI.client.credential] }));
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
  await using joined = await connected({
    client: { versions: ONLY_TLS13, model },
    server: { versions: ONLY_TLS13 },
    [sender === "client" ? "clientInternals" : "serverInternals"]: { messageFilter: armable },
  });
  armable.armed = true;
  optionSet(joined.server, "REQUEST_CERTIFICATE", true);
  const reading = outcomeOf(joined.client);
  const timeout = waits ? IMPATIENCE : PATIENCE;
  const own = await failureOf(
    reHandshake(joined.server, true, { timeout }).then(() => readFailure(joined.server)),
  ).catch(() => readFailure(joined.server));
  if (waits) {
    // Nobody has said anything wrong: the connection goes on, and the client is nobody in
    // particular.
    assertLocal(own, "PR_IO_TIMEOUT_ERROR", null);
    await joined.server.write(new Uint8Array(1));
    assertEquals(await reading, "data");
    assertEquals(peerCertificate(joined.server), null);
    return;
  }
  if ("both" in expectation) throw new Error("No such row");
  assertExpected(expectation, await reading, own);
}

Deno.test("SslEngine says what is wrong with a server's CertificateRequest after the handshake", async (t) => {
  for (const [name, action, expectation] of REQUEST_ROWS) {
    const filter = actOn(HandshakeType.certificateRequest, 0, action);
    await t.step(name, () => checkAsked("server", filter, expectation));
  }
});

for (const { scenario, sender, message, type, rows } of MESSAGE_ROWS) {
  if (scenario !== "auth" || sender !== "client") continue;
  Deno.test(`SslEngine says what is wrong with a client's ${message} after the handshake`, async (t) => {
    for (const [name, action, expectation] of rows) {
      const filter = actOn(type, 0, message === "Certificate" ? MOVED[name] ?? action : action);
      const expected = OTHERWISE_ASKED[`${message} ${name}`] ?? expectation;
      await t.step(name, () => checkAsked("client", filter, expected));
    }
  });
}
