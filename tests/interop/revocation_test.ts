// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Revocation lists and OCSP, between openssl and us, both ways, by files.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type Certificate,
  type CertificateIssuer,
  checkRevocation,
  createCertificate,
  type CreateCertificateOptions,
  createCrl,
  createOcspErrorResponse,
  createOcspRequest,
  createOcspResponse,
  type CrlReason,
  type OcspStatusOptions,
  parseCrlsPem,
  parseOcspRequest,
  parseOcspResponse,
  trustAnchorOf,
  verifyCertificateChain,
  verifyCrl,
  verifyOcspResponse,
} from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair, type KeyPairType } from "@nss/nss/pkcs11";
import { programVersion, run, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";

const found = await programVersion("openssl", ["version"], /OpenSSL ([0-9.]+)/);

const HOUR = 3_600_000;
const NOW = new Date(Math.floor(Date.now() / 1000) * 1000);
const hours = (count: number) => new Date(NOW.getTime() + count * HOUR);
/** openssl compares with its own clock, which may be a second on. */
const SOON = hours(0.1);

/** RSA keys take their time: each name has one for all tests. */
const RSA_KEYS = new Map<string, ReturnType<typeof makeKeys>>();

const makeKeys = (type: KeyPairType) => generateKeyPair(type, { extractable: true });

function keysOf(type: KeyPairType, name: string): ReturnType<typeof makeKeys> {
  if (!type.startsWith("rsa")) return makeKeys(type);
  const keys = RSA_KEYS.get(name) ?? makeKeys(type);
  RSA_KEYS.set(name, keys);
  return keys;
}

interface Party extends CertificateIssuer {
  readonly name: string;
}

/** A folder in which openssl runs. */
class Folder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  run(...args: string[]): Promise<string> {
    return runOk("openssl", args, { cwd: this.path });
  }

  async any(...args: string[]): Promise<{ code: number; text: string }> {
    const { code, stdout, stderr } = await run("openssl", { args, cwd: this.path });
    return { code, text: stdout + stderr };
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${this.path}/${name}`, bytes);
  }

  read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return Deno.readFile(`${this.path}/${name}`);
  }

  async text(name: string): Promise<string> {
    return new TextDecoder().decode(await this.read(name));
  }

  /** Makes a certificate with a key, and writes both. */
  async party(
    name: string,
    options: Partial<CreateCertificateOptions> = {},
    type: KeyPairType = "ec-p256",
  ): Promise<Party> {
    const keys = await keysOf(type, name);
    const certificate = await createCertificate({
      publicKey: keys.publicKey,
      ...(options.issuer === undefined && { privateKey: keys.privateKey }),
      subject: `CN=${name}`,
      ...options,
    });
    await this.write(`${name}.pem`, certificate.toPem());
    await this.write(`${name}.key`, await exportPrivateKeyPem(keys.privateKey));
    return { name, certificate, privateKey: keys.privateKey };
  }
}

function test(title: string, fn: (folder: Folder) => Promise<void>): void {
  if (!found.ok) return skip(title, found.reason);
  Deno.test(title, async () => {
    const path = await Deno.makeTempDir({ prefix: "nss_revocation_" });
    try {
      await fn(new Folder(path));
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  });
}

const leafOptions = (issuer: CertificateIssuer) => ({ issuer, dnsNames: ["example.com"] });

async function crlOf(issuer: Party, revoked: readonly Certificate[] = []) {
  return await createCrl({
    issuer,
    crlNumber: 4660,
    thisUpdate: hours(-1),
    nextUpdate: hours(24),
    revoked: revoked.map(({ serialNumber }) => ({
      serialNumber,
      revocationDate: hours(-2),
      reason: "keyCompromise" as const,
      invalidityDate: hours(-3),
    })),
  });
}

for (const type of ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519"] as const) {
  test(`createCrl() makes lists that openssl takes: ${type}`, async (folder) => {
    const root = await folder.party("root", { isCa: true }, type);
    const leaf = await folder.party("leaf", leafOptions(root));
    await folder.write("crl.pem", (await crlOf(root, [leaf.certificate])).toPem());
    const { text } = await folder.any(
      "crl",
      "-in",
      "crl.pem",
      "-verify",
      "-CAfile",
      "root.pem",
      "-noout",
    );
    assertMatch(text, /verify OK/);
    const printed = await folder.run("crl", "-in", "crl.pem", "-noout", "-text");
    assertMatch(printed, /Version 2/);
    assertMatch(printed, /0x1234|4660/);
    assertMatch(printed, /Key Compromise/);
    assertMatch(printed, /Invalidity Date/);
    assert(printed.includes(leaf.certificate.serialNumber.toHex().toUpperCase()));
  });
}

test("createCrl() makes openssl verify refuse what is revoked, and nothing else", async (folder) => {
  const root = await folder.party("root", { isCa: true });
  const leaf = await folder.party("leaf", leafOptions(root));
  const other = await folder.party("other", leafOptions(root));
  await folder.write("crl.pem", (await crlOf(root, [leaf.certificate])).toPem());
  const verify = (name: string) =>
    folder.any("verify", "-crl_check", "-CAfile", "root.pem", "-CRLfile", "crl.pem", `${name}.pem`);
  assertMatch((await verify(other.name)).text, /other\.pem: OK/);
  const refused = await verify(leaf.name);
  assertMatch(refused.text, /error 23 .*certificate revoked/);
});

test("createCrl() writes an issuing distribution point as openssl reads it", async (folder) => {
  const root = await folder.party("root", { isCa: true });
  const crl = await createCrl({
    issuer: root,
    crlNumber: 1,
    thisUpdate: NOW,
    revoked: [],
    issuingDistributionPoint: {
      fullName: [{ type: "uri", value: "http://crl.example/a" }],
      onlyContainsCaCerts: true,
      onlySomeReasons: new Set([1, 2]),
    },
  });
  await folder.write("crl.pem", crl.toPem());
  const printed = await folder.run("crl", "-in", "crl.pem", "-noout", "-text");
  assertMatch(printed, /Issuing Distribution Point: critical/);
  assertMatch(printed, /URI:http:\/\/crl\.example\/a/);
  assertMatch(printed, /Only CA Certificates/);
  assertMatch(printed, /Only Some Reasons:\s+Key Compromise, CA Compromise/);
});

/** A database of `openssl ca`: what is revoked, and why. */
async function writeIndex(
  folder: Folder,
  entries: readonly { certificate: Certificate; reason?: string | null }[],
): Promise<void> {
  const digits = (time: Date) => `${time.toISOString().replace(/[-:T]|\.\d+/g, "").slice(2)}`;
  const lines = entries.map(({ certificate, reason }) => {
    const serial = certificate.serialNumber.toHex().toUpperCase();
    const expiry = digits(certificate.notAfter);
    const state = reason === undefined ? ["V", expiry, ""] : [
      "R",
      expiry,
      reason === null ? digits(hours(-2)) : `${digits(hours(-2))},${reason}`,
    ];
    return [...state, serial, "unknown", "/CN=x"].join("\t");
  });
  await folder.write("index.txt", lines.join("\n") + "\n");
  await folder.write("index.txt.attr", "unique_subject = no\n");
  await folder.write("crlnumber", "2A\n");
  await folder.write(
    "ca.cnf",
    "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\n" +
      "default_crl_days = 7\n[extensions]\nauthorityKeyIdentifier = keyid\n",
  );
}

const REASONS: readonly (CrlReason | null)[] = [
  null,
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
];

for (const type of ["ec-p256", "ec-p384", "rsa-2048", "ed25519"] as const) {
  test(`parseCrl() and verifyCrl() take lists of openssl ca: ${type}`, async (folder) => {
    const root = await folder.party("root", { isCa: true }, type);
    const leaves = await Promise.all(
      REASONS.map((_, i) => folder.party(`leaf${i}`, leafOptions(root))),
    );
    const good = await folder.party("good", leafOptions(root));
    await writeIndex(folder, [
      { certificate: good.certificate },
      ...leaves.map(({ certificate }, i) => ({ certificate, reason: REASONS[i]! })),
    ]);
    const gencrl = (...more: string[]) =>
      // deno-fmt-ignore
      folder.run("ca", "-gencrl", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key",
        ...(type === "ed25519" ? ["-md", "null"] : []), "-out", "crl.pem", ...more);
    await gencrl("-crlexts", "extensions");
    const [crl] = parseCrlsPem(await folder.text("crl.pem"));
    assertEquals(crl?.crlNumber, 0x2an);
    await verifyCrl(crl!, { issuer: root.certificate, time: SOON });
    assertEquals(crl?.size, REASONS.length);
    leaves.forEach(({ certificate }, i) => {
      assertEquals(crl!.find(certificate.serialNumber)?.reason ?? null, REASONS[i]);
    });
    assertEquals(crl!.find(good.certificate.serialNumber), undefined);
    const check = (leaf: Certificate) =>
      verifyCertificateChain(leaf, {
        anchors: [trustAnchorOf(root.certificate)],
        time: SOON,
        usage: "sslServer",
        checkPath: checkRevocation({ policy: "hard", time: SOON, crls: [crl!] }),
      }).then(() => "good", ({ name }) => name);
    assertEquals(await check(good.certificate), "good");
    assertEquals(await check(leaves[1]!.certificate), "SEC_ERROR_REVOKED_CERTIFICATE");
  });
}

test("verifyCrl() takes lists of openssl ca of version 1 in the compatible profile", async (folder) => {
  const root = await folder.party("root", { isCa: true });
  const leaf = await folder.party("leaf", leafOptions(root));
  await writeIndex(folder, [{ certificate: leaf.certificate, reason: null }]);
  const config = await folder.text("ca.cnf");
  await folder.write("ca.cnf", config.replace("crlnumber = crlnumber\n", ""));
  // deno-fmt-ignore
  await folder.run("ca", "-gencrl", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-out", "crl.pem");
  const [crl] = parseCrlsPem(await folder.text("crl.pem"));
  assertEquals([crl?.version, crl?.size], [1, 1]);
  const options = { issuer: root.certificate, time: SOON };
  await verifyCrl(crl!, { ...options, profile: "compatible" });
  const error = await verifyCrl(crl!, options).then(() => null, ({ name }) => name);
  assertEquals(error, "SEC_ERROR_CRL_INVALID");
});

interface Authority {
  readonly root: Party;
  readonly leaf: Party;
  readonly revoked: Party;
  readonly unknown: Party;
  readonly responder: Party;
}

/** A root with a delegated responder, and certificates of each status. */
async function authority(folder: Folder, type: KeyPairType = "ec-p256"): Promise<Authority> {
  const root = await folder.party("root", { isCa: true }, type);
  const [leaf, revoked, unknown] = await Promise.all(
    ["leaf", "revoked", "unknown"].map((name) => folder.party(name, leafOptions(root))),
  );
  const responder = await folder.party(
    "responder",
    { issuer: root, extKeyUsage: ["ocspSigning"] },
    type,
  );
  return { root, leaf: leaf!, revoked: revoked!, unknown: unknown!, responder };
}

const RESPONDERS = [
  ["ec-p256", "root"],
  ["ec-p384", "responder"],
  ["rsa-2048", "root"],
  ["ed25519", "responder"],
] as const;

for (const [type, signer] of RESPONDERS) {
  test(`createOcspRequest() and verifyOcspResponse() work with openssl's responder: ${type}, ${signer}`, async (folder) => {
    const parties = await authority(folder, type);
    const { root, leaf, revoked, unknown } = parties;
    await writeIndex(folder, [
      { certificate: leaf.certificate },
      { certificate: revoked.certificate, reason: "superseded" },
    ]);
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const ask = async ({ certificate }: Party, hash: "SHA-1" | "SHA-256") => {
      const issuer = root.certificate;
      const request = await createOcspRequest(certificate, issuer, { hash, nonce });
      await folder.write("request.der", request.der);
      // deno-fmt-ignore
      await folder.run("ocsp", "-index", "index.txt", "-CA", "root.pem", "-rsigner", `${signer}.pem`,
          "-rkey", `${signer}.key`, ...(type === "ed25519" ? [] : ["-rmd", "sha256"]), "-ndays", "1",
          "-reqin", "request.der", "-respout", "response.der");
      const response = parseOcspResponse(await folder.read("response.der"));
      const options = { certificate, issuer, time: SOON, nonce };
      const verified = await verifyOcspResponse(response, options);
      assertEquals(verified.responder === null, signer === "root");
      return verified.certStatus;
    };
    assertEquals(await ask(leaf, "SHA-1"), { status: "good" });
    assertEquals(await ask(leaf, "SHA-256"), { status: "good" });
    assertEquals(await ask(revoked, "SHA-1"), {
      status: "revoked",
      revocationTime: hours(-2),
      reason: "superseded",
    });
    assertEquals(await ask(unknown, "SHA-1"), { status: "unknown" });
  });
}

for (const type of ["ec-p256", "rsa-2048", "ed25519"] as const) {
  test(`createOcspResponse() makes responses that openssl takes: ${type}`, async (folder) => {
    const { root, leaf, revoked, unknown, responder } = await authority(folder, type);
    const read = async (
      signer: Party,
      { name, ...single }: OcspStatusOptions & { readonly name: string },
      responderId: "keyHash" | "name",
    ) => {
      const response = await createOcspResponse({
        issuer: root.certificate,
        responder: signer,
        producedAt: NOW,
        responderId,
        responses: [single],
      });
      await folder.write("response.der", response.der);
      // deno-fmt-ignore
      const { text } = await folder.any("ocsp", "-respin", "response.der", "-issuer", "root.pem",
        "-cert", `${name}.pem`, "-CAfile", "root.pem", "-no_nonce");
      assertMatch(text, /Response verify OK/);
      return text;
    };
    for (const signer of [root, responder]) {
      for (const id of ["keyHash", "name"] as const) {
        const good = { name: "leaf", certificate: leaf.certificate, status: "good" } as const;
        assertMatch(await read(signer, good, id), /leaf\.pem: good/);
      }
      const bad = {
        name: "revoked",
        certificate: revoked.certificate,
        status: "revoked",
        revocationTime: hours(-2),
        reason: "keyCompromise",
      } as const;
      const text = await read(signer, bad, "keyHash");
      assertMatch(text, /revoked\.pem: revoked/);
      assertMatch(text, /Reason: keyCompromise/);
      const none = {
        name: "unknown",
        certificate: unknown.certificate,
        status: "unknown",
      } as const;
      assertMatch(await read(signer, none, "name"), /unknown\.pem: unknown/);
    }
  });
}

test("parseOcspRequest() and createOcspResponse() answer openssl's requests, with their nonce", async (folder) => {
  const { root, leaf } = await authority(folder);
  for (const hash of ["-sha1", "-sha256"]) {
    await folder.run(
      "ocsp",
      "-issuer",
      "root.pem",
      hash,
      "-cert",
      "leaf.pem",
      "-reqout",
      "request.der",
    );
    const request = parseOcspRequest(await folder.read("request.der"));
    const [certId] = request.certIds;
    assertEquals(certId?.serialNumber, leaf.certificate.serialNumber);
    assert(request.nonce !== undefined);
    const answer = async (nonce: Uint8Array) => {
      const response = await createOcspResponse({
        issuer: root.certificate,
        responder: root,
        producedAt: NOW,
        nonce,
        responses: [{ certificate: certId!, status: "good" }],
      });
      await folder.write("response.der", response.der);
      // With -cert openssl would make another nonce
      // deno-fmt-ignore
      return await folder.any("ocsp", "-reqin", "request.der", "-respin", "response.der",
        "-verify_other", "root.pem", "-CAfile", "root.pem", "-resp_text");
    };
    const { text } = await answer(request.nonce);
    assertMatch(text, /Response verify OK/);
    assertMatch(text, /Cert Status: good/);
    const wrong = await answer(request.nonce.map((byte) => byte ^ 1));
    assertMatch(wrong.text, /Nonce Verify error/);
  }
});

test("createOcspErrorResponse() makes errors as openssl knows them", async (folder) => {
  const names = { tryLater: "trylater", unauthorized: "unauthorized", sigRequired: "sigrequired" };
  for (const [status, name] of Object.entries(names)) {
    const response = createOcspErrorResponse(status as keyof typeof names);
    await folder.write("response.der", response.der);
    const { text } = await folder.any("ocsp", "-respin", "response.der", "-resp_text");
    assert(text.includes(`Responder Error: ${name}`), text);
  }
});

test("createOcspRequest() makes requests that openssl reads", async (folder) => {
  const { root, leaf } = await authority(folder);
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const { der } = await createOcspRequest(leaf.certificate, root.certificate, { nonce });
  await folder.write("request.der", der);
  const { text } = await folder.any("ocsp", "-reqin", "request.der", "-req_text");
  assert(
    text.includes(`Serial Number: ${leaf.certificate.serialNumber.toHex().toUpperCase()}`),
    text,
  );
  assertMatch(text, /Hash Algorithm: sha1/);
  assertMatch(text, /OCSP Nonce/);
});
