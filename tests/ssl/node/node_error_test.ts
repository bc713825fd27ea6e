// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The codes of errors, beside those that Node's own clients give of the same servers. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { importFD } from "../../../mod.ts";
import { errorFromAlert } from "../../../ssl/base/alerts.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import type { CertificateOptions } from "../../../ssl/config/credential.ts";
import type { ImportOptions } from "../../../ssl/config/import_options.ts";
import { toNodeError } from "../../../ssl/node/node_error.ts";
import { ALERT_DESCRIPTIONS } from "../../../ssl/tables/alert_descriptions.ts";
import { programVersion, run } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { type Identity, join, makeIdentity, PKI } from "../_support.ts";
import { closed, event, nodeEnds, nodeSocket } from "./_support.ts";

const DAY = 24 * 60 * 60 * 1000;
const at = (days: number) => new Date(Date.now() + days * DAY);
const names = { dnsNames: ["server.test"] };
const intermediate = await makeIdentity({ subject: "CN=Intermediate", isCa: true }, PKI.root);
const foreign = await makeIdentity({ subject: "CN=Foreign", isCa: true });
const selfSigned = await makeIdentity({ ...names, subject: "CN=self" });

/** What a server shows: its own certificate, and more. */
async function shown(issuer: Identity | undefined, options: object, chain: Identity[] = []) {
  const { credential } = await makeIdentity({ ...names, ...options }, issuer);
  return { ...credential, chain: chain.map(({ cert }) => cert) };
}

interface Case {
  readonly what: string;
  readonly server: CertificateOptions;
  readonly servername?: string;
  readonly code: string;
}

const CASES: readonly Case[] = [
  {
    what: "a certificate for another name",
    server: PKI.server.credential,
    servername: "other.test",
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  },
  {
    what: "a certificate that has expired",
    server: await shown(PKI.root, { notBefore: at(-9), notAfter: at(-1) }),
    code: "CERT_HAS_EXPIRED",
  },
  {
    what: "a certificate that is not valid yet",
    server: await shown(PKI.root, { notBefore: at(2), notAfter: at(9) }),
    code: "CERT_NOT_YET_VALID",
  },
  {
    what: "a self-signed certificate",
    server: selfSigned.credential,
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  },
  {
    what: "a chain to a root that is not trusted",
    server: await shown(foreign, {}, [foreign]),
    code: "SELF_SIGNED_CERT_IN_CHAIN",
  },
  {
    what: "a certificate without its intermediate",
    server: await shown(intermediate, {}),
    code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  },
];

const hasNode = await programVersion("node", ["--version"], /^v(\d+)/m) !== null;

for (const { what, server, servername = "server.test", code } of CASES) {
  const title = `${what} has Node's code ${code}`;
  Deno.test(title, async () => {
    await using ends = nodeEnds({
      client: { hostname: servername },
      server: { certificates: [server] },
    });
    const [error] = await event(ends.client, "error");
    assertInstanceOf(error, Error);
    assertEquals(Reflect.get(error, "code"), code);
    assertInstanceOf(error.cause, SslError);
    assertEquals([error.name, error.message], ["Error", error.cause.message]);
    if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
      assertEquals(Reflect.get(error, "host"), servername);
      assertEquals(Reflect.get(error, "reason"), error.message);
    }
  });

  if (!hasNode) skip(`${title}, as Node's client says`, "there is no node");
  else {
    Deno.test(`${title}, as Node's client says`, async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const settings = { port: listener.addr.port, ca: PKI.root.cert.toPem(), servername };
      const client = run("node", {
        args: [`${import.meta.dirname}/_node_codes.mjs`],
        env: { FACTS: JSON.stringify(settings) },
      });
      const socket = nodeSocket(
        importFD(await listener.accept(), { role: "server", certificates: [server] }),
      );
      assertEquals((await client).stdout.trim(), code);
      await closed(socket);
    });
  }
}

Deno.test("an alert of the peer has OpenSSL's name of it", () => {
  const codes = Object.fromEntries(
    Object.entries(ALERT_DESCRIPTIONS).map(([name, code]) => [
      name,
      Reflect.get(toNodeError(errorFromAlert(code)), "code"),
    ]),
  );
  // What OpenSSL 3's `openssl errstr` says of 0A000000 + 1000 + the alert.
  assertEquals(codes, {
    ...codes,
    handshake_failure: "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    certificate_unknown: "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    unknown_ca: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    protocol_version: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
    user_canceled: "ERR_SSL_TLSV1_ALERT_USER_CANCELLED",
    unrecognized_name: "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
    certificate_required: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    missing_extension: "ERR_SSL_TLSV13_ALERT_MISSING_EXTENSION",
    no_application_protocol: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
  });
  const all = Object.values(codes);
  assert(all.every((code) => String(code).startsWith("ERR_SSL_")), all.join());
});

Deno.test("failures of a connection have Node's codes", async () => {
  const codeOf = async (options: ImportOptions) => {
    await using ends = nodeEnds({ client: options });
    const [error] = await event(ends.client, "error");
    return Reflect.get(Object(error), "code");
  };
  const aborted = AbortSignal.abort();
  assertEquals(await codeOf({ signal: aborted }), "ABORT_ERR");
  await using joined = join({ client: { handshakeTimeout: 20 } });
  const client = nodeSocket(joined.client);
  const [error] = await event(client, "error");
  assertEquals(Reflect.get(Object(error), "code"), "ERR_TLS_HANDSHAKE_TIMEOUT");
});

Deno.test("toNodeError() leaves what is no error of ours, and makes an error of what is none", () => {
  const error = new TypeError("x");
  assertEquals(toNodeError(error), error);
  assertEquals(toNodeError("text").message, "text");
  assertEquals(
    Reflect.get(toNodeError(new SslError("SSL_ERROR_RX_MALFORMED_SERVER_HELLO")), "code"),
    "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
  );
});
