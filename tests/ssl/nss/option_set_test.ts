// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertGreater,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  importFD,
  type ImportOptions,
  newModel,
  optionGet,
  optionGetDefault,
  optionSet,
  optionSetDefault,
  SSL_OPTIONS,
  SslError,
  type SslOption,
  type SslOptionValues,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { memoryPair } from "../../support/memory_pair.ts";
import {
  assertFromPeer,
  assertLocal,
  clientOptions,
  closeAll,
  join,
  outcomeOf,
  PKI,
  serverOptions,
  shake,
} from "../_support.ts";

/** Every other value of an option than the one that is given. */
function otherValues(option: SslOption, value: unknown): readonly unknown[] {
  const choices = option === "REQUIRE_CERTIFICATE"
    ? ["NEVER", "ALWAYS", "FIRST_HANDSHAKE", "NO_ERROR"]
    : option === "ENABLE_RENEGOTIATION"
    ? ["NEVER", "UNRESTRICTED", "REQUIRES_XTN", "TRANSITIONAL"]
    : option === "RECORD_SIZE_LIMIT"
    ? [64, 512, 16385]
    : [true, false];
  return choices.filter((choice) => choice !== value);
}

// The table is tested with values that its types do not tell apart.
const set = optionSet as (target: object, option: SslOption, value: unknown) => void;

Deno.test("SSL_OPTIONS has every option of NSS's, in the order of their numbers", () => {
  const ids = SSL_OPTIONS.map(({ id }) => id);
  const all = Array.from({ length: 44 }, (_, i) => i + 1);
  assertEquals(ids, all.filter((id) => id !== 4)); // a hole in NSS, too
  for (const { option, default: here, nssDefault, because, does } of SSL_OPTIONS) {
    assertEquals(because === null, here === nssDefault, `${option} explains its default`);
    assertGreater(does.length, 10, option);
  }
});

Deno.test("optionGet() is the default of the table where nothing is set", () => {
  const model = newModel({ context: new NssContext({ trustAnchors: [] }) });
  for (const { option, default: value } of SSL_OPTIONS) {
    assertEquals(optionGet(model, option), value, option);
  }
});

Deno.test("optionSet() takes every value of an option that works", () => {
  for (const { option, support, default: value } of SSL_OPTIONS) {
    if (support !== "works") continue;
    const model = newModel({ context: new NssContext({ trustAnchors: [] }) });
    for (const other of [...otherValues(option, value), value]) {
      set(model, option, other);
      assertEquals(optionGet(model, option), other as typeof value, option);
    }
  }
});

Deno.test("optionSet() leaves an option of one value at that, and says why", () => {
  for (const { option, support, default: value, does } of SSL_OPTIONS) {
    if (support === "works") continue;
    const model = newModel({ context: new NssContext({ trustAnchors: [] }) });
    set(model, option, value); // as it is
    for (const other of otherValues(option, value)) {
      const error = assertThrows(() => set(model, option, other), SslError);
      const expected = support === "fixed" ? "SEC_ERROR_INVALID_ARGS" : "PR_NOT_IMPLEMENTED_ERROR";
      assertEquals(error.name, expected, option);
      if (option !== "ENABLE_RENEGOTIATION") assertStringIncludes(error.message, does);
    }
    assertEquals(optionGet(model, option), value, option);
  }
});

Deno.test("optionSet() refuses values of other types, and options that nobody has", () => {
  const rows: [string, unknown][] = [
    ["ENABLE_ALPN", 1],
    ["ENABLE_ALPN", undefined],
    ["REQUIRE_CERTIFICATE", "SOMETIMES"],
    ["REQUIRE_CERTIFICATE", true],
    ["RECORD_SIZE_LIMIT", 63],
    ["RECORD_SIZE_LIMIT", 16386],
    ["RECORD_SIZE_LIMIT", 100.5],
    ["RECORD_SIZE_LIMIT", "100"],
    ["ENABLE_RENEGOTIATION", false],
    ["ENABLE_MAGIC", true],
    ["toString", true],
  ];
  for (const [option, value] of rows) {
    const error = assertThrows(() => set(newModel(), option as SslOption, value), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", `${option} ${value}`);
  }
});

Deno.test("optionSet() fails in the middle of a handshake", async () => {
  await using joined = join();
  const shaking = shake(joined);
  const error = assertThrows(() => optionSet(joined.client, "NO_CACHE", true), SslError);
  assertEquals(error.name, "PR_IS_CONNECTED_ERROR");
  await shaking;
});

Deno.test("optionSet() changes after the handshake what the next one goes by, and never which end it is", async () => {
  await using joined = join();
  await shake(joined);
  optionSet(joined.server, "REQUEST_CERTIFICATE", true);
  assert(optionGet(joined.server, "REQUEST_CERTIFICATE"));
  for (const option of ["HANDSHAKE_AS_CLIENT", "HANDSHAKE_AS_SERVER"] as const) {
    const error = assertThrows(() => optionSet(joined.server, option, true), SslError);
    assertEquals(error.name, "PR_IS_CONNECTED_ERROR");
  }
});

Deno.test("optionSetDefault() counts for later sockets of its context, and for nobody else", () => {
  const context = new NssContext({ trustAnchors: [] });
  const earlier = newModel({ context });
  optionSetDefault("ENABLE_OCSP_STAPLING", true, { context });
  assert(optionGet(newModel({ context }), "ENABLE_OCSP_STAPLING"));
  assertFalse(optionGet(earlier, "ENABLE_OCSP_STAPLING"));
  assertFalse(optionGet(newModel({ context, model: earlier }), "ENABLE_OCSP_STAPLING"));
  assertFalse(optionGet(newModel(), "ENABLE_OCSP_STAPLING"));
  assertFalse(optionGet(newModel({ context, ocspStapling: false }), "ENABLE_OCSP_STAPLING"));
});

Deno.test("optionSetDefault() without a context means the default one", () => {
  try {
    optionSetDefault("ENABLE_GREASE", true);
    assert(optionGet(newModel(), "ENABLE_GREASE"));
    assertFalse(optionGet(newModel({ context: new NssContext() }), "ENABLE_GREASE"));
  } finally {
    optionSetDefault("ENABLE_GREASE", false);
  }
  assertFalse(optionGet(newModel(), "ENABLE_GREASE"));
});

Deno.test("optionGetDefault() is what optionSetDefault() has set", () => {
  const context = new NssContext({ trustAnchors: [] });
  assertEquals(optionGetDefault("RECORD_SIZE_LIMIT", { context }), 16385);
  optionSetDefault("RECORD_SIZE_LIMIT", 1024, { context });
  assertEquals(optionGetDefault("RECORD_SIZE_LIMIT", { context }), 1024);
  const error = assertThrows(
    () => optionSetDefault("ENABLE_SSL3", true, { context }),
    SslError,
  );
  assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
});

type Require = SslOptionValues["REQUIRE_CERTIFICATE"];

Deno.test("optionSet() of REQUEST_CERTIFICATE and REQUIRE_CERTIFICATE is clientAuth, in either order", () => {
  const rows: [Require, ImportOptions["clientAuth"]][] = [
    ["NEVER", "request"],
    ["NO_ERROR", "request"],
    ["ALWAYS", "require"],
    ["FIRST_HANDSHAKE", "require"],
  ];
  for (const [require, clientAuth] of rows) {
    const model = newModel();
    optionSet(model, "REQUIRE_CERTIFICATE", require);
    assertFalse(optionGet(model, "REQUEST_CERTIFICATE")); // it is not asked for yet
    optionSet(model, "REQUEST_CERTIFICATE", true);
    const other = newModel();
    optionSet(other, "REQUEST_CERTIFICATE", true);
    optionSet(other, "REQUIRE_CERTIFICATE", require);
    for (const target of [model, other]) {
      assert(optionGet(target, "REQUEST_CERTIFICATE"));
      assertEquals(optionGet(target, "REQUIRE_CERTIFICATE"), require);
      optionSet(target, "REQUEST_CERTIFICATE", false);
      assertEquals(optionGet(target, "REQUIRE_CERTIFICATE"), require);
    }
    // And back: what clientAuth says is what the options are.
    const named = newModel({ clientAuth: clientAuth! });
    assert(optionGet(named, "REQUEST_CERTIFICATE"));
    const insists = ["ALWAYS", "FIRST_HANDSHAKE"].includes(optionGet(named, "REQUIRE_CERTIFICATE"));
    assertEquals(insists, clientAuth === "require");
  }
});

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  const versions = { min: version, max: version };
  Deno.test(`optionSet() of REQUIRE_CERTIFICATE decides about clients without one (${version})`, async () => {
    for (const require of ["NEVER", "NO_ERROR", "ALWAYS", "FIRST_HANDSHAKE"] as const) {
      await using joined = join({ client: { versions }, server: { versions } });
      optionSet(joined.server, "REQUEST_CERTIFICATE", true);
      optionSet(joined.server, "REQUIRE_CERTIFICATE", require);
      if (require === "NEVER" || require === "NO_ERROR") {
        const [, info] = await shake(joined);
        assertEquals(info.peerCertificates, []);
        continue;
      }
      const [client, server] = await Promise.all([
        outcomeOf(joined.client),
        outcomeOf(joined.server),
      ]);
      // RFC 5246, Section 7.4.6, has handshake_failure; certificate_required came with TLS 1.3.
      const alert = version === "TLSv1.3" ? "certificate_required" : "handshake_failure";
      assertLocal(server, "SSL_ERROR_NO_CERTIFICATE", alert);
      assertFromPeer(client, alert);
    }
  });

  Deno.test(`optionSet() of REQUEST_CERTIFICATE asks for one (${version})`, async () => {
    for (const on of [true, false]) {
      await using joined = join({
        client: { versions, certificates: [PKI.client.credential] },
        server: { versions },
      });
      optionSet(joined.server, "REQUEST_CERTIFICATE", on);
      const [, info] = await shake(joined);
      assertEquals(info.peerCertificates, on ? [PKI.client.cert] : []);
    }
  });
}

Deno.test("optionSet() of HANDSHAKE_AS_CLIENT and HANDSHAKE_AS_SERVER turns a socket into the other end", async () => {
  const [a, b] = memoryPair();
  const client = importFD(a, { ...serverOptions(), ...clientOptions(), role: "server" });
  const server = importFD(b, { ...serverOptions(), role: "client" });
  optionSet(client, "HANDSHAKE_AS_CLIENT", true);
  optionSet(server, "HANDSHAKE_AS_SERVER", true);
  assertFalse(optionGet(client, "HANDSHAKE_AS_SERVER"));
  assertFalse(optionGet(server, "HANDSHAKE_AS_CLIENT"));
  const [info] = await shake({ client, server });
  assertEquals(info.peerCertificates, [PKI.server.cert]);
  await closeAll(client, server);
});
