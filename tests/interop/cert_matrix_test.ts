// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Good and bad chains of two makers before five judges: all of them agree on all of them, but for
// what is listed.

import { assertEquals, assertMatch } from "@std/assert";
import { importCert, MemoryCertDB, NssError, verifyCert } from "@nss/nss/cert";
import { programVersion, run, runOk } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";
import {
  CASES,
  type Judge,
  type MadeChain,
  type Maker,
  NOW,
  opensslMaker,
  ourMaker,
} from "./_cert_chains.ts";

/** How many programs run at a time. */
const WORKERS = 4;

/** What a judge says: nothing if it accepts the chain. */
type Verdict = string | null;

async function pooled<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: WORKERS }, async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  }));
  return results;
}

/** The chains of a maker, once, as certificates and as files. */
interface Chains {
  readonly directory: string;
  readonly made: readonly MadeChain[];
  /** The file of a certificate of a chain. */
  file(chain: MadeChain, index: number): string;
}

const directory = await Deno.makeTempDir({ prefix: "nss_cert_matrix_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

const prepared = new Map<Maker, Promise<Chains>>();

function chainsOf(maker: Maker): Promise<Chains> {
  let promise = prepared.get(maker);
  if (promise === undefined) prepared.set(maker, promise = makeChains(maker));
  return promise;
}

async function makeChains(maker: Maker): Promise<Chains> {
  const folder = `${directory}/${maker.name.replace(/\W/g, "_")}_chains`;
  await Deno.mkdir(folder);
  const made = await pooled(CASES, async (chain): Promise<MadeChain> => ({
    case: chain,
    certificates: await maker.make(chain),
  }));
  const file = (chain: MadeChain, index: number) => `${folder}/${made.indexOf(chain)}_${index}.pem`;
  for (const chain of made) {
    for (const [index, certificate] of chain.certificates.entries()) {
      await Deno.writeTextFile(file(chain, index), certificate.toPem());
    }
  }
  return { directory: folder, made, file };
}

async function judgeOurs(
  _: Chains,
  { case: { untrusted, client }, certificates }: MadeChain,
): Promise<Verdict> {
  const db = new MemoryCertDB();
  const [leaf, ...issuers] = certificates;
  const root = issuers.at(-1);
  if (root !== undefined && untrusted !== true) await importCert(db, root, { trust: "CT,," });
  try {
    const path = await verifyCert(db, leaf!, true, client ? "sslClient" : "sslServer", NOW, {
      intermediates: issuers.slice(0, -1),
    });
    assertEquals(path.length, certificates.length);
    return null;
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return error.name;
  }
}

/** A trust store that has nothing to do with the chain, where its root is not trusted. */
function trustedFile(chains: Chains, chain: MadeChain): string {
  return chain.case.untrusted
    ? chains.file(chains.made[0]!, 1)
    : chains.file(chain, chain.certificates.length - 1);
}

async function judgeOpenssl(chains: Chains, chain: MadeChain): Promise<Verdict> {
  const between = chain.certificates.slice(1, -1)
    .flatMap((_, i) => ["-untrusted", chains.file(chain, i + 1)]);
  const { code, stdout, stderr } = await run("openssl", {
    args: [
      ...["verify", "-attime", String(NOW.getTime() / 1000), "-x509_strict", "-no-CApath"],
      ...["-purpose", chain.case.client ? "sslclient" : "sslserver"],
      ...["-CAfile", trustedFile(chains, chain), ...between, chains.file(chain, 0)],
    ],
  });
  return code === 0 ? null : stdout + stderr;
}

/** NSS's form of a time, in seconds for certutil, in minutes for vfychain. */
function nssTime(digits: number): string {
  return `${NOW.toISOString().slice(2, 19).replace(/[-:T]/g, "").slice(0, digits)}Z`;
}

/** CERT_PKIXVerifyCert, with the root on the command line. */
async function judgePkix(chains: Chains, chain: MadeChain): Promise<Verdict> {
  const between = chain.certificates.slice(1, -1)
    .flatMap((_, i) => ["-a", chains.file(chain, i + 1)]);
  return await vfychain([
    ...["-pp", "-b", nssTime(10), "-u", chain.case.client ? "0" : "1"],
    ...["-a", chains.file(chain, 0), ...between, "-t", "-a", trustedFile(chains, chain)],
  ]);
}

async function vfychain(args: readonly string[]): Promise<Verdict> {
  const { code, stdout, stderr } = await run("vfychain", { args });
  const verdict = /Chain is (good|bad)!/.exec(stdout + stderr)?.[1];
  assertEquals(verdict, code === 0 ? "good" : "bad", stdout + stderr);
  return code === 0 ? null : stdout + stderr;
}

const databases = new Map<Chains, Promise<string>>();

/** One database for all chains of a maker: their authorities have names of their own. */
function databaseOf(chains: Chains): Promise<string> {
  let promise = databases.get(chains);
  if (promise === undefined) databases.set(chains, promise = makeDatabase(chains));
  return promise;
}

async function makeDatabase(chains: Chains): Promise<string> {
  const path = `${chains.directory}/nssdb`;
  await Deno.mkdir(path);
  await runOk("certutil", ["-N", "-d", `sql:${path}`, "--empty-password"]);
  const commands = new Map<string, string>();
  for (const chain of chains.made) {
    for (const [index, certificate] of chain.certificates.entries()) {
      const isRoot = index > 0 && index === chain.certificates.length - 1;
      if ((isRoot && chain.case.untrusted) || chain.case.keys === "ed25519") continue;
      const trust = isRoot ? "CT,," : ",,";
      const command = `-A -d sql:${path} -n "${certificate.subject.commonName}" -t ${trust} ` +
        `-a -i ${chains.file(chain, index)}`;
      commands.set(certificate.der.toHex(), command);
    }
  }
  const batch = `${chains.directory}/batch`;
  await Deno.writeTextFile(batch, [...commands.values()].join("\n") + "\n");
  await runOk("certutil", ["-B", "-d", `sql:${path}`, "-i", batch]);
  return path;
}

/** CERT_VerifyCert, with a database. */
async function judgeVfychain(chains: Chains, chain: MadeChain): Promise<Verdict> {
  const path = await databaseOf(chains);
  return await vfychain([
    ...["-d", `sql:${path}`, "-b", nssTime(10), "-u", chain.case.client ? "0" : "1"],
    ...["-a", chains.file(chain, 0)],
  ]);
}

async function judgeCertutil(chains: Chains, chain: MadeChain): Promise<Verdict> {
  const path = await databaseOf(chains);
  const { code, stdout, stderr } = await run("certutil", {
    args: [
      ...["-V", "-e", "-d", `sql:${path}`, "-b", nssTime(12), "-u", chain.case.client ? "C" : "V"],
      ...["-n", chain.case.chain[0]!.name],
    ],
  });
  const output = stdout + stderr;
  assertMatch(
    output,
    code === 0 ? /certificate is valid/ : /certificate is invalid|could not find certificate/,
  );
  return code === 0 ? null : output;
}

const JUDGES: Readonly<Record<Judge, (chains: Chains, chain: MadeChain) => Promise<Verdict>>> = {
  "ours": judgeOurs,
  "openssl": judgeOpenssl,
  "vfychain": judgeVfychain,
  "vfychain-pp": judgePkix,
  "certutil": judgeCertutil,
};

const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
const nssTools = await programVersion("vfychain", ["-H"], /usage/i);

function reasonAgainst(judge: Judge): string | null {
  if (judge === "ours") return null;
  const found = judge === "openssl" ? openssl : nssTools;
  return found.ok ? null : found.reason;
}

const makers: Maker[] = [ourMaker()];
if (openssl.ok) {
  await Deno.mkdir(`${directory}/openssl`);
  makers.push(opensslMaker(`${directory}/openssl`));
} else skip("cert matrix: chains of openssl", openssl.reason);

for (const maker of makers) {
  for (const judge of Object.keys(JUDGES) as Judge[]) {
    const title = `cert matrix: chains of ${maker.name} as ${judge} sees them`;
    const reason = reasonAgainst(judge);
    if (reason !== null) {
      skip(title, reason);
      continue;
    }
    Deno.test(title, async () => {
      const chains = await chainsOf(maker);
      const verdicts = await pooled(chains.made, (chain) => JUDGES[judge](chains, chain));
      const wrong = chains.made.flatMap(({ case: { title, error, differs } }, i) => {
        const verdict = verdicts[i]!;
        const good = error === undefined;
        const agrees = judge === "ours" ? verdict === (error ?? null) : (verdict === null) === good;
        const expected = differs?.[judge] === undefined;
        if (agrees === expected) return [];
        return [`${title}: ${verdict ?? "accepted"}`];
      });
      assertEquals(wrong, []);
      const listed = CASES.filter(({ differs }) => differs?.[judge] !== undefined).length;
      note(
        `${title}: ${
          CASES.length - listed
        } of ${CASES.length} chains as expected, ${listed} listed`,
      );
    });
  }
}
