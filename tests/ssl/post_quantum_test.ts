// Copyright 2026 the NSS for Deno authors. MIT license.

// ML-DSA at both ends without anyone naming it, beside classic certificates, and in chains that
// fill several records. Against foreign stacks: tests/interop/post_quantum_test.ts.

import { assertEquals, assertGreater } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { isSchemeAvailable, signatureSchemeById } from "../../ssl/tables/signature_schemes.ts";
import { skip } from "../support/skip.ts";
import { keepHellos } from "./_hello.ts";
import {
  HOSTNAME,
  type Identity,
  join,
  makeIdentity,
  pingPong,
  PKI,
  session,
  shake,
} from "./_support.ts";
import { ONLY_TLS12, ONLY_TLS13 } from "./_tls12.ts";

const TYPES = ["mldsa44", "mldsa65", "mldsa87"] as const;

function test(title: string, fn: () => Promise<void>): void {
  if (isSchemeAvailable("mldsa65")) Deno.test(title, fn);
  else skip(title, "this runtime's WebCrypto lacks ML-DSA");
}

/** A chain of one kind of key, the leaf first. */
async function chainOf(type: typeof TYPES[number], length: number): Promise<Identity[]> {
  const chain = [await makeIdentity({ subject: `CN=${type} root`, isCa: true }, undefined, type)];
  for (let i = 1; i < length; i++) {
    chain.unshift(
      await makeIdentity({ subject: `CN=${type} CA ${i}`, isCa: true }, chain[0], type),
    );
  }
  const names = { dnsNames: [HOSTNAME], subject: `CN=${type}` };
  chain.unshift(await makeIdentity(names, chain[0], type));
  return chain;
}

/** The options of an end that shows a chain, without its root. */
function showing(chain: readonly Identity[]): Pick<ImportOptions, "certificates"> {
  const certs = chain.slice(0, -1).map(({ cert }) => cert);
  return { certificates: [{ cert: certs, key: chain[0]!.keys.privateKey }] };
}

async function offered(versions: ImportOptions["versions"]): Promise<readonly string[]> {
  const hellos = keepHellos();
  const server = { versions: versions ?? {} };
  await using joined = join({ client: { ...server }, server, clientInternals: hellos });
  await shake(joined);
  return hellos.sent[0]!.extensions!.get(signatureAlgorithms)!
    .map((id) => signatureSchemeById(id)!.scheme);
}

test("a client offers ML-DSA by default, behind what TLS 1.3 signs with today", async () => {
  for (const versions of [undefined, ONLY_TLS13]) {
    const schemes = await offered(versions);
    const places = TYPES.map((type) => schemes.indexOf(type));
    const first = schemes.indexOf("rsa_pss_pss_sha512") + 1;
    assertEquals(places, [first, first + 1, first + 2]);
    assertEquals(schemes[first + 3], "rsa_pkcs1_sha256");
  }
});

test("a client of TLS 1.2 alone offers no ML-DSA, which TLS 1.2 may not use", async () => {
  const schemes = await offered(ONLY_TLS12);
  assertEquals(schemes.filter((scheme) => scheme.startsWith("mldsa")), []);
});

test("a server of both versions asks for no ML-DSA in TLS 1.2's CertificateRequest", async () => {
  const requests: Uint8Array[] = [];
  await using joined = join({
    client: { versions: ONLY_TLS12 },
    server: { clientAuth: "request" },
    serverInternals: {
      messageFilter: ({ type, body, raw }) => {
        if (type === HandshakeType.certificateRequest) requests.push(body.slice());
        return [raw];
      },
    },
  });
  await shake(joined);
  const text = requests[0]!.toHex();
  assertEquals(/0403/.test(text), true);
  for (const code of ["0904", "0905", "0906"]) assertEquals(text.includes(code), false, code);
});

for (const type of TYPES) {
  test(`both ends authenticate with ${type}, which neither names`, async () => {
    const chain = await chainOf(type, 1);
    const root = chain.at(-1)!.cert;
    await using joined = join({
      client: { caCerts: [root], ...showing(chain) },
      server: { caCerts: [root], clientAuth: "require", ...showing(chain) },
    });
    for (const info of await shake(joined)) {
      assertEquals([info.peerSignatureScheme, info.group], [type, "X25519MLKEM768"]);
      assertEquals(info.peerCertificates[0]!.subject.toString(), `CN=${type}`);
    }
  });
}

test("a server with a classic and an ML-DSA certificate serves each client what it takes", async () => {
  const chain = await chainOf("mldsa65", 1);
  const caCerts = [PKI.root.cert, chain.at(-1)!.cert];
  const own = showing(chain).certificates!;
  const classic = [PKI.server.credential];
  const takes: readonly [ImportOptions, { mldsaFirst: string; classicFirst: string }][] = [
    [{}, { mldsaFirst: "mldsa65", classicFirst: "ecdsa_secp256r1_sha256" }],
    [{ signatureSchemes: ["mldsa65"] }, { mldsaFirst: "mldsa65", classicFirst: "mldsa65" }],
    [{ signatureSchemes: ["ecdsa_secp256r1_sha256"] }, {
      mldsaFirst: "ecdsa_secp256r1_sha256",
      classicFirst: "ecdsa_secp256r1_sha256",
    }],
    [{ versions: ONLY_TLS12 }, {
      mldsaFirst: "ecdsa_secp256r1_sha256",
      classicFirst: "ecdsa_secp256r1_sha256",
    }],
  ];
  for (const [client, { mldsaFirst, classicFirst }] of takes) {
    for (
      const [certificates, expected] of [
        [[...own, ...classic], mldsaFirst],
        [[...classic, ...own], classicFirst],
      ] as const
    ) {
      await using joined = join({ client: { caCerts, ...client }, server: { certificates } });
      assertEquals((await shake(joined))[0].peerSignatureScheme, expected);
    }
  }
});

test("chains of ML-DSA-87 that fill several records pass both ways", async () => {
  const chain = await chainOf("mldsa87", 3);
  const certs = chain.slice(0, -1).map(({ cert }) => cert);
  // A record has 16,384 bytes.
  assertGreater(certs.reduce((sum, { der }) => sum + der.length, 0), 16_384);
  const caCerts = [chain.at(-1)!.cert];
  await using joined = join({
    client: { caCerts, ...showing(chain) },
    server: { caCerts, clientAuth: "require", ...showing(chain) },
  });
  for (const info of await shake(joined)) {
    assertEquals(info.peerCertificates.length, certs.length);
  }
  await pingPong(joined);
});

/** Connects twice; returns whether the second time resumed. */
async function resumes(client: ImportOptions, server: ImportOptions): Promise<boolean[]> {
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const options = {
    client: { context: contexts[0]!, ...client },
    server: { context: contexts[1]!, ...server },
  };
  await session(options);
  return (await session(options)).map(({ resumed }) => resumed);
}

test("sessions resume whose server has shown four certificates of ML-DSA-87", async () => {
  const chain = await chainOf("mldsa87", 4);
  const caCerts = [chain.at(-1)!.cert];
  assertEquals(await resumes({ caCerts }, showing(chain)), [true, true]);
});

test("sessions resume whose client has shown two certificates of ML-DSA-87, and three do not fit a ticket", async () => {
  for (const [length, resumed] of [[2, true], [3, false]] as const) {
    const chain = await chainOf("mldsa87", length);
    const caCerts = [chain.at(-1)!.cert];
    const server = { caCerts, clientAuth: "require", ...showing(chain) } as const;
    const client = { caCerts, ...showing(chain) };
    assertEquals(await resumes(client, server), [resumed, resumed], `${length}`);
  }
});
