// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What two ends agree on, over all that both have, and what they say where they have nothing in
 * common.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ErrorName } from "../../cert/base/errors.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { KeyPairType } from "../../pkcs11/keys/generate_key_pair.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { keyShareClientHello } from "../../ssl/extensions/key_share.ts";
import { type ClientHello, parseClientHello } from "../../ssl/messages/client_hello.ts";
import { CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import {
  NAMED_GROUPS,
  namedGroupByName,
  type NamedGroupName,
} from "../../ssl/tables/named_groups.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { skip } from "../support/skip.ts";
import { addExtension, editExtension, frame, setU16 } from "./_filters.ts";
import {
  assertFails,
  connected,
  HOSTNAME,
  type Identity,
  join,
  type JoinOptions,
  makeIdentity,
  onMessage,
  outcomeOf,
  pattern,
  pingPong,
  PKI,
  readExactly,
  session,
  shake,
} from "./_support.ts";
import { ONLY_TLS13 } from "./_tls12.ts";

const SECP384R1 = namedGroupByName("secp384r1")!.id;
const GROUPS = NAMED_GROUPS.filter((group) => group.available());
const GROUP_NAMES = GROUPS.map(({ name }) => name);
for (const group of NAMED_GROUPS.filter((group) => !GROUPS.includes(group))) {
  skip(
    `SslSocket completes every suite with ${group.name}`,
    "this runtime's WebCrypto lacks it",
  );
}

for (const suite of CIPHER_SUITES) {
  Deno.test(`SslSocket completes ${suite.name} with every group, and carries data`, async () => {
    for (const group of GROUPS) {
      await using joined = join({
        client: { groups: GROUP_NAMES, keyShares: [group.name] },
        server: { cipherSuites: [suite.name], groups: [group.name] },
      });
      const infos = await shake(joined);
      for (const info of infos) {
        assertEquals([info.cipherSuite, info.group], [suite.name, group.name]);
        assertEquals(info.helloRetryRequest, false);
      }
      const data = pattern(40_000);
      const [received] = await Promise.all([
        readExactly(joined.client, data.length),
        joined.server.write(data),
      ]);
      assertEquals(received, data);
      await pingPong(joined);
    }
  });
}

Deno.test("SslSocket asks for every group by HelloRetryRequest", async () => {
  for (const group of GROUPS) {
    const other: NamedGroupName = group.name === "x25519" ? "secp256r1" : "x25519";
    const hellos: ClientHello[] = [];
    await using joined = join({
      client: { groups: GROUP_NAMES, keyShares: [other] },
      server: { groups: [group.name] },
      clientInternals: { messageFilter: watchHellos(hellos) },
    });
    for (const info of await shake(joined)) {
      assertEquals([info.group, info.helloRetryRequest], [group.name, true]);
    }
    await pingPong(joined);
    const [first, second] = hellos as [ClientHello, ClientHello];
    assertEquals(hellos.length, 2);
    // RFC 8446, Section 4.1.2: the same hello but for the share.
    assertEquals(second.random, first.random);
    assertEquals(second.legacySessionId, first.legacySessionId);
    assertEquals(second.cipherSuites, first.cipherSuites);
    const shares = second.extensions!.get(keyShareClientHello)!;
    assertEquals(shares.map((share) => share.group), [group.id]);
    assertEquals(second.extensions!.types(), first.extensions!.types());
  }
});

function watchHellos(hellos: ClientHello[]) {
  return (
    { type, body, raw }: {
      type: number;
      body: Uint8Array<ArrayBuffer>;
      raw: Uint8Array<ArrayBuffer>;
    },
  ) => {
    if (type === HandshakeType.clientHello) hellos.push(parseClientHello(body.slice()));
    return [raw];
  };
}

Deno.test("SslSocket as client answers a HelloRetryRequest that brings a cookie alone by the same shares", async () => {
  const hellos: ClientHello[] = [];
  await using joined = join({
    client: { keyShares: ["x25519"] },
    server: { groups: ["secp256r1"] },
    clientInternals: { messageFilter: watchHellos(hellos) },
    serverInternals: {
      messageFilter: onMessage(HandshakeType.serverHello, (raw) => [
        frame(
          HandshakeType.serverHello,
          addExtension("ServerHello", ExtensionType.cookie, [0, 1, 7])(
            editExtension("ServerHello", ExtensionType.keyShare, null)(raw.slice(4)),
          ),
        ),
      ]),
    },
  });
  // This server meant something else; what counts is what the client has said.
  await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  const [first, second] = hellos.map(({ extensions }) => extensions!);
  assertEquals(second!.get(keyShareClientHello), first!.get(keyShareClientHello));
  assertEquals([first!.has(ExtensionType.cookie), second!.has(ExtensionType.cookie)], [
    false,
    true,
  ]);
});

Deno.test("SslSocket as client refuses a second HelloRetryRequest that asks for another group (RFC 8446, Section 4.1.4)", async () => {
  let first: Uint8Array<ArrayBuffer> | null = null;
  await assertFails({
    client: { keyShares: ["x25519"] },
    server: { groups: ["secp256r1"] },
    serverInternals: {
      messageFilter: ({ type, body, raw }) => {
        if (type !== HandshakeType.serverHello) return [raw];
        const again = first;
        first ??= body.slice();
        if (again === null) return [raw];
        const other = editExtension("ServerHello", ExtensionType.keyShare, setU16(0, SECP384R1));
        return [frame(type, other(again))];
      },
    },
  }, {
    at: "client",
    error: "SSL_ERROR_RX_UNEXPECTED_HELLO_RETRY_REQUEST",
    alert: "unexpected_message",
  });
});

Deno.test("SslSocket as client sends shares of X25519MLKEM768 and x25519 by default, and as told otherwise", async () => {
  const rows: readonly [ImportOptions, readonly NamedGroupName[]][] = [
    [{}, GROUPS.map(({ name }) => name).filter((name) => /25519/.test(name))],
    [{ groups: ["secp256r1", "x25519"] }, ["x25519"]],
    [{ groups: ["secp384r1", "secp256r1"] }, ["secp384r1"]],
    [{ keyShares: ["secp521r1", "x25519"] }, ["secp521r1", "x25519"]],
  ];
  for (const [client, expected] of rows) {
    const hellos: ClientHello[] = [];
    await using joined = await connected({
      client,
      clientInternals: { messageFilter: watchHellos(hellos) },
    });
    const shares = hellos[0]!.extensions!.get(keyShareClientHello)!;
    const names = shares.map(({ group }) => NAMED_GROUPS.find(({ id }) => id === group)!.name);
    assertEquals(names, expected);
    assertEquals((await joined.client.handshake()).helloRetryRequest, false);
  }
});

Deno.test("SslSocket as server follows its own order, and prefers any share to a round trip", async () => {
  await using suites = await connected({
    client: { cipherSuites: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"] },
    server: { cipherSuites: ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"] },
  });
  assertEquals((await suites.client.handshake()).cipherSuite, "TLS_AES_256_GCM_SHA384");
  await using groups = await connected({
    client: { keyShares: ["secp256r1", "x25519"] },
    server: { groups: ["secp521r1", "x25519", "secp256r1"] },
  });
  const { group, helloRetryRequest } = await groups.client.handshake();
  assertEquals([group, helloRetryRequest], ["x25519", false]);
  await using protocols = await connected({
    client: { alpnProtocols: ["a", "b", "c"] },
    server: { alpnProtocols: ["x", "c", "b"] },
  });
  for (const info of await shake(protocols)) assertEquals(info.alpnProtocol, "c");
});

Deno.test("SslSocket agrees on no application protocol where one end has none", async () => {
  for (
    const options of [
      { client: { alpnProtocols: ["h2"] } },
      { server: { alpnProtocols: ["h2"] } },
      {},
    ]
  ) {
    await using joined = join(options);
    for (const { alpnProtocol } of await shake(joined)) assertEquals(alpnProtocol, null);
  }
});

const SCHEMES: Readonly<Record<string, readonly SignatureScheme[]>> = {
  "ec-p256": ["ecdsa_secp256r1_sha256"],
  "ec-p384": ["ecdsa_secp384r1_sha384"],
  "ec-p521": ["ecdsa_secp521r1_sha512"],
  "ed25519": ["ed25519"],
  "rsa-2048": ["rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"],
  "rsa-pss-2048": ["rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512"],
};
const identities = new Map<string, Identity>();

/** One certificate of each type, of both uses; RSA keys take their time. */
async function identityOfType(type: string): Promise<Identity> {
  let identity = identities.get(type);
  if (identity === undefined) {
    const options = { subject: `CN=${type}`, dnsNames: [HOSTNAME] };
    identity = await makeIdentity(options, PKI.root, type as KeyPairType);
    identities.set(type, identity);
  }
  return identity;
}

for (const [type, schemes] of Object.entries(SCHEMES)) {
  Deno.test(`SslSocket authenticates both ends by ${type} certificates`, async () => {
    const { credential, cert } = await identityOfType(type);
    await using joined = join({
      client: { certificates: [credential] },
      server: { certificates: [credential], clientAuth: "require" },
    });
    for (const info of await shake(joined)) {
      assertEquals(info.peerCertificates, [cert]);
      assertEquals([info.peerSignatureScheme, info.localSignatureScheme], [
        schemes[0]!,
        schemes[0]!,
      ]);
    }
    await pingPong(joined);
  });

  Deno.test(`SslSocket signs by each scheme of ${type} keys, and by no other`, async () => {
    const { credential } = await identityOfType(type);
    const all = Object.values(SCHEMES).flat();
    for (const scheme of schemes) {
      // The root's own scheme is for its signature on the certificate.
      const client = {
        signatureSchemes: [...new Set([scheme, "ecdsa_secp256r1_sha256" as const])],
      };
      await using joined = await connected({ client, server: { certificates: [credential] } });
      assertEquals((await joined.client.handshake()).peerSignatureScheme, scheme);
    }
    await assertFails(
      {
        client: { signatureSchemes: all.filter((scheme) => !schemes.includes(scheme)) },
        server: { certificates: [credential] },
      },
      {
        at: "server",
        error: "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM",
        alert: "handshake_failure",
      },
    );
  });
}

Deno.test("SslSocket as server shows the certificate for the name, and of these one that the client can check", async () => {
  const p384 = await identityOfType("ec-p384");
  const certificates = [PKI.otherServer.credential, p384.credential, PKI.server.credential];
  for (
    const [client, cert] of [
      [{}, p384.cert],
      [{ signatureSchemes: ["ecdsa_secp256r1_sha256" as const] }, PKI.server.cert],
      [{ hostname: "other.test" }, PKI.otherServer.cert],
      // any is better than none
      [{ hostname: "none.test", authCertificate: () => true }, PKI.otherServer.cert],
    ] as const
  ) {
    await using joined = await connected({ client, server: { certificates } });
    assertEquals((await joined.client.handshake()).peerCertificates, [cert]);
  }
});

Deno.test("SslSocket says what two ends have not in common, each by its own code", async (t) => {
  const removeVersions = onMessage(HandshakeType.clientHello, (raw) => [
    frame(
      HandshakeType.clientHello,
      editExtension(
        "ClientHello",
        ExtensionType.supportedVersions,
        () => new Uint8Array([2, 3, 3]),
      )(raw.slice(4)),
    ),
  ]);
  const rows: readonly [string, JoinOptions, ErrorName, AlertName, RegExp][] = [
    [
      "version",
      { server: { versions: ONLY_TLS13 }, clientInternals: { messageFilter: removeVersions } },
      "SSL_ERROR_UNSUPPORTED_VERSION",
      "protocol_version",
      /TLS 1\.3/,
    ],
    [
      "cipher suite",
      {
        client: { cipherSuites: ["TLS_AES_256_GCM_SHA384"] },
        server: { cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
      },
      "SSL_ERROR_NO_CYPHER_OVERLAP",
      "handshake_failure",
      /none of TLS_AES_128_GCM_SHA256/,
    ],
    [
      "group",
      { client: { groups: ["x25519"] }, server: { groups: ["secp256r1", "secp384r1"] } },
      "SSL_ERROR_KEY_EXCHANGE_FAILURE",
      "handshake_failure",
      /none of secp256r1, secp384r1/,
    ],
    [
      "signature scheme",
      { client: { signatureSchemes: ["ed25519"] } },
      "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM",
      "handshake_failure",
      /signature scheme/,
    ],
    [
      "application protocol",
      { client: { alpnProtocols: ["a", "b"] }, server: { alpnProtocols: ["c"] } },
      "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
      "no_application_protocol",
      /client offers a, b.*server has c/,
    ],
  ];
  for (const [name, options, error, alert, message] of rows) {
    await t.step(name, async () => {
      const found = await assertFails(options, { at: "server", error, alert });
      assertMatch(found.message, message);
    });
  }
});

Deno.test("SslSocket tells a client by its alert what to compare", async () => {
  await using joined = join({ client: { alpnProtocols: ["a"] }, server: { alpnProtocols: ["b"] } });
  const [client] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  assert(client instanceof Error);
  assertMatch(client.message, /compare alpnProtocols on both ends/);
});

Deno.test("getChannelInfo() tells the extended master secret of each connection of TLS 1.3 (RFC 9846, Appendix E)", async () => {
  for (const info of await session({ client: { versions: { min: "TLSv1.3" } } })) {
    assertEquals([info.version, info.extendedMasterSecret], ["TLSv1.3", true]);
  }
});

Deno.test("SslSocket as client sends no server_name for an address", async () => {
  for (
    const [hostname, named] of [[HOSTNAME, true], ["192.0.2.1", false], [
      "2001:db8::1",
      false,
    ]] as const
  ) {
    const hellos: ClientHello[] = [];
    await using joined = await connected({
      client: { hostname, authCertificate: () => true },
      clientInternals: { messageFilter: watchHellos(hellos) },
    });
    assertEquals(hellos[0]!.extensions!.has(ExtensionType.serverName), named);
    assertEquals((await joined.server.handshake()).serverName, named ? HOSTNAME : null);
  }
});
