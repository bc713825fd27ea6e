// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { memoryPair } from "../support/memory_pair.ts";
import type { Prng } from "../support/prng.ts";
import { socketOver } from "./_sockets.ts";
import { fuzz } from "./_support.ts";

const rootKeys = await generateKeyPair();
const makeRoot = (pathLength?: number) =>
  createCertificate({
    ...rootKeys,
    subject: "CN=Root",
    isCa: true,
    ...(pathLength === undefined ? {} : { pathLength }),
  });
const [root, boundRoot] = [await makeRoot(), await makeRoot(0)];
const issuer = { certificate: root, privateKey: rootKeys.privateKey };

async function credential(
  names: readonly string[],
): Promise<{ cert: typeof root; key: typeof rootKeys.privateKey }> {
  const { publicKey, privateKey } = await generateKeyPair();
  return {
    cert: await createCertificate({ publicKey, dnsNames: [...names], issuer }),
    key: privateKey,
  };
}

const NAMES = ["a.test", "b.test"] as const;
const SERVERS = [await credential(NAMES), await credential(NAMES)];
const CLIENTS = [await credential(["c.test"]), await credential(["d.test"])];

/**
 * What decides who trusts whom, and who is who; each a choice among values that must not share
 * sessions.
 */
const CLIENT_CHOICES = {
  hostname: [...NAMES],
  peerId: ["p", "q"],
  caCerts: [[root], [boundRoot], [root, SERVERS[0]!.cert]],
  certificates: [[], [CLIENTS[0]!], [CLIENTS[1]!]],
  authCertificate: [undefined, () => true, () => Promise.resolve(true)],
  badCert: [undefined, () => false, () => false],
  getClientAuthData: [undefined, () => CLIENTS[0]!, () => null],
} satisfies Partial<Record<keyof ImportOptions, readonly unknown[]>>;

const SERVER_CHOICES = {
  certificates: [[SERVERS[0]!], [SERVERS[1]!]],
  clientAuth: ["none", "request"],
  caCerts: [[root], [boundRoot]],
  authCertificate: [undefined, () => true, () => true],
  badCert: [undefined, () => false],
  sniSocketConfig: [undefined, () => undefined, () => ({})],
} satisfies Partial<Record<keyof ImportOptions, readonly unknown[]>>;

type Choices = Readonly<Record<string, readonly unknown[]>>;
type Chosen = Readonly<Record<string, number>>;

function choose(prng: Prng, choices: Choices): Chosen {
  return Object.fromEntries(
    Object.entries(choices).map(([name, values]) => [name, prng.integer(0, values.length - 1)]),
  );
}

/** Chooses again in one place. */
function change(prng: Prng, choices: Choices, chosen: Chosen): Chosen {
  const name = prng.pick(Object.keys(choices));
  const { length } = choices[name]!;
  return { ...chosen, [name]: (chosen[name]! + prng.integer(1, length - 1)) % length };
}

function options(choices: Choices, chosen: Chosen): ImportOptions {
  return Object.fromEntries(
    Object.entries(chosen).map(([name, index]) => [name, choices[name]![index]] as const)
      .filter(([, value]) => value !== undefined),
  );
}

fuzz("Sessions are resumed by the same configurations only", 25, async (prng) => {
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const connect = async (client: Chosen, server: Chosen): Promise<boolean> => {
    const [a, b] = memoryPair();
    await using one = socketOver(a, { ...options(CLIENT_CHOICES, client), context: contexts[0]! });
    await using two = socketOver(b, {
      ...options(SERVER_CHOICES, server),
      role: "server",
      context: contexts[1]!,
    });
    const [seen, told] = await Promise.all([one.handshake(), two.handshake()]);
    await two.write(new Uint8Array(1));
    await one.read(new Uint8Array(1));
    assertEquals(seen.resumed, told.resumed);
    // Whom each end believes to see is whom the other has shown, then or now.
    assertEquals(told.peerCertificates.map(String), seen.localCertificates.map(String));
    return seen.resumed;
  };
  const [client, server] = [choose(prng, CLIENT_CHOICES), choose(prng, SERVER_CHOICES)];
  assert(!await connect(client, server));
  assert(await connect(client, server), "the same configurations do not resume");
  const both = [
    change(prng, CLIENT_CHOICES, client),
    change(prng, SERVER_CHOICES, server),
  ] as const;
  if (prng.pick([true, false])) assert(!await connect(both[0], server), "another client resumes");
  else assert(!await connect(client, both[1]), "another server resumes");
});
