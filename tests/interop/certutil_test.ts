// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What NSS's certutil makes and thinks: its certificates and requests, and each usage of each kind
// of certificate.

import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  CERT_USAGES,
  type Certificate,
  type CertUsageName,
  createCertificate,
  importCert,
  issueCertificate,
  type KeyPurpose,
  type KeyUsage,
  MemoryCertDB,
  NssError,
  parseCertificateRequest,
  parseCertificatesPem,
  verifyCert,
  verifyCertificateNow,
} from "@nss/nss/cert";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { programVersion, run, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";

const tools = await programVersion("certutil", ["-H"], /Certificate/);

/** A folder with an NSS database without a password. */
class Database implements AsyncDisposable {
  constructor(readonly path: string) {}

  static async create(): Promise<Database> {
    const path = await Deno.makeTempDir({ prefix: "nss_certutil_" });
    const database = new Database(path);
    await database.run("-N", "--empty-password");
    return database;
  }

  run(...args: string[]): Promise<string> {
    return this.runWith("", ...args);
  }

  async runWith(input: string, ...args: string[]): Promise<string> {
    const noise = `${this.path}/noise`;
    await Deno.writeFile(noise, crypto.getRandomValues(new Uint8Array(64)));
    const options = input === "" ? {} : { input };
    return await runOk("certutil", [
      ...args,
      ...["-d", `sql:${this.path}`],
      ...(args.includes("-S") || args.includes("-R") ? ["-z", noise] : []),
    ], options);
  }

  /** Stores a certificate of ours. */
  async add(nickname: string, certificate: Certificate, trust: string): Promise<void> {
    const file = `${this.path}/in.pem`;
    await Deno.writeTextFile(file, certificate.toPem());
    await this.run("-A", "-n", nickname, "-t", trust, "-a", "-i", file);
  }

  async get(nickname: string): Promise<Certificate> {
    return parseCertificatesPem(await this.run("-L", "-n", nickname, "-a"))[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function test(title: string, fn: (database: Database) => Promise<void>): void {
  if (!tools.ok) return skip(title, tools.reason);
  Deno.test(title, async () => {
    await using database = await Database.create();
    await fn(database);
  });
}

test("verifyCert() takes and refuses what certutil makes, as is right", async (database) => {
  const make = async (nickname: string, serial: number, ...more: string[]): Promise<void> => {
    const args = ["-S", "-n", nickname, "-s", `CN=${nickname}`, "-k", "ec", "-q", "nistp256"];
    // -2 asks: is it an authority, how long the path, is it critical
    const answers = more.includes("-2") ? "y\n\ny\n" : "";
    await database.runWith(answers, ...args, "-m", String(serial), ...more);
  };
  const authority = ["--keyUsage", "certSigning,crlSigning,critical", "-2", "-v", "12"];
  const host = ["-t", ",,", "--extSAN", "dns:host.example", "--keyUsage", "digitalSignature"];
  const server = [...host, "--extKeyUsage", "serverAuth"];
  await make("root", 1, "-x", "-t", "CT,C,C", ...authority);
  await make("between", 2, "-c", "root", "-t", ",,", ...authority);
  await make("good", 3, "-c", "between", "-v", "6", ...server);
  await make("expired", 4, "-c", "between", "-w", "-24", "-v", "12", ...server);
  await make("client", 5, "-c", "between", "-v", "6", ...host, "--extKeyUsage", "clientAuth");
  await make("under a leaf", 6, "-c", "good", "-v", "6", ...server);
  await make("self", 7, "-x", "-v", "6", ...server);

  const db = new MemoryCertDB();
  await importCert(db, await database.get("root"), { nickname: "root", trust: "CT,C,C" });
  for (const nickname of ["between", "good"]) {
    await importCert(db, await database.get(nickname), { nickname });
  }
  const judge = async (nickname: string, usage: CertUsageName): Promise<string> => {
    try {
      const path = await verifyCert(db, await database.get(nickname), true, usage, new Date());
      return path.map(({ subject }) => subject.commonName).join(" < ");
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      return error.name;
    }
  };
  assertEquals(await judge("good", "sslServer"), "good < between < root");
  assertEquals(await judge("client", "sslClient"), "client < between < root");
  assertEquals(await judge("client", "sslServer"), "SEC_ERROR_INADEQUATE_CERT_TYPE");
  assertEquals(await judge("expired", "sslServer"), "SEC_ERROR_EXPIRED_CERTIFICATE");
  assertEquals(await judge("under a leaf", "sslServer"), "SEC_ERROR_CA_CERT_INVALID");
  assertEquals(await judge("self", "sslServer"), "SEC_ERROR_UNKNOWN_ISSUER");
  assertEquals(await judge("between", "sslCA"), "between < root");
});

test("issueCertificate() certifies the request of certutil, which takes it", async (database) => {
  const keys = await generateKeyPair();
  const root = await createCertificate({ ...keys, subject: "CN=Our Root", isCa: true });
  await database.add("root", root, "CT,C,C");
  const pem = await database.run(
    ...["-R", "-s", "CN=host.example,O=Example", "-k", "rsa", "-g", "2048", "-a"],
    ...["--extSAN", "dns:host.example"],
  );
  const request = parseCertificateRequest(pem);
  const certificate = await issueCertificate(request, {
    issuer: { certificate: root, privateKey: keys.privateKey },
    copyExtensions: ["subjectAltName"],
    keyUsage: ["digitalSignature", "keyEncipherment"],
  });
  await database.add("host", certificate, ",,");
  assertStringIncludes(await database.run("-V", "-n", "host", "-u", "V", "-e"), "is valid");
  // The key is there, so certutil says "u"
  assertStringIncludes(await database.run("-L"), "u,u,u");
});

/** Letters of `certutil -u` for our usages. */
const LETTERS: Readonly<Record<keyof typeof CERT_USAGES, string>> = {
  sslClient: "C",
  sslServer: "V",
  sslCA: "L",
  emailSigner: "S",
  emailRecipient: "R",
  objectSigner: "J",
  verifyCA: "Y",
  statusResponder: "O",
  anyCA: "A",
  ipsec: "I",
};

interface UsageCase {
  readonly purposes: readonly KeyPurpose[];
  readonly usages: readonly KeyUsage[];
  readonly isCa?: boolean;
}

/**
 * For these NSS asks nothing of the certificate itself, only of its issuers; we ask that it is an
 * authority's.
 */
const LENIENT: ReadonlySet<CertUsageName> = new Set<CertUsageName>(["verifyCA", "anyCA"]);

const USAGE_CASES: Readonly<Record<string, UsageCase>> = {
  server: { purposes: ["serverAuth"], usages: ["digitalSignature"] },
  client: { purposes: ["clientAuth"], usages: ["digitalSignature"] },
  email: { purposes: ["emailProtection"], usages: ["digitalSignature", "keyAgreement"] },
  signer: { purposes: ["emailProtection"], usages: ["nonRepudiation"] },
  recipient: { purposes: ["emailProtection"], usages: ["keyAgreement"] },
  code: { purposes: ["codeSigning"], usages: ["digitalSignature"] },
  responder: { purposes: ["ocspSigning"], usages: ["digitalSignature"] },
  time: { purposes: ["timeStamping"], usages: ["digitalSignature"] },
  anything: { purposes: [], usages: ["digitalSignature", "keyAgreement"] },
  authority: { purposes: [], usages: ["keyCertSign", "cRLSign"], isCa: true },
  serverAuthority: { purposes: ["serverAuth"], usages: ["keyCertSign"], isCa: true },
  emailAuthority: { purposes: ["emailProtection"], usages: ["keyCertSign"], isCa: true },
};

test("verifyCertificateNow() finds the usages that certutil -V finds", async (database) => {
  const keys = await generateKeyPair();
  const root = await createCertificate({ ...keys, subject: "CN=Usage Root", isCa: true });
  const db = new MemoryCertDB();
  await importCert(db, root, { nickname: "root", trust: "CT,C,C" });
  await database.add("root", root, "CT,C,C");
  const { publicKey } = await generateKeyPair();
  const wrong: string[] = [];
  for (
    const [name, { purposes, usages, isCa = false }] of Object.entries(USAGE_CASES)
  ) {
    const certificate = await createCertificate({
      publicKey,
      subject: `CN=${name}`,
      ...(!isCa && { dnsNames: ["host.example"], emailAddresses: ["me@host.example"] }),
      isCa,
      keyUsage: usages,
      extKeyUsage: purposes,
      issuer: { certificate: root, privateKey: keys.privateKey },
    });
    await database.add(name, certificate, ",,");
    const ours = await verifyCertificateNow(db, certificate, true);
    const all = Object.keys(CERT_USAGES) as (keyof typeof CERT_USAGES)[];
    const theirs = await Promise.all(all.map(async (usage) => {
      const { code } = await run("certutil", {
        args: ["-V", "-e", "-n", name, "-u", LETTERS[usage], "-d", `sql:${database.path}`],
      });
      return code === 0;
    }));
    for (const [i, usage] of all.entries()) {
      const agrees = ours.includes(usage) === theirs[i];
      const listed = LENIENT.has(usage) && !isCa;
      if (agrees !== listed) continue;
      wrong.push(`${name} as ${usage}: ours ${ours.includes(usage)}, certutil ${theirs[i]}`);
    }
  }
  assertEquals(wrong, []);
});
