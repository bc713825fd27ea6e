// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/**
 * What is measured without a connection: PKCS #12 files, and chains of certificates.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import type { PeerSpec } from "./commands.ts";

/** Gets ready, and returns what is measured, which returns how often it was done. */
type Task = (spec: PeerSpec) => Promise<() => Promise<number>>;

/** A file of the package in another checkout, or this one. */
function fileOf({ tree }: PeerSpec, path: string): string {
  return tree === undefined
    ? new URL(`../../../${path}`, import.meta.url).href
    : `file://${tree}/${path}`;
}

async function packages(spec: PeerSpec) {
  const cert: typeof import("../../../cert/mod.ts") = await import(fileOf(spec, "cert/mod.ts"));
  const pkcs11: typeof import("../../../pkcs11/mod.ts") = await import(
    fileOf(spec, "pkcs11/mod.ts")
  );
  return { ...cert, ...pkcs11 };
}

const password = "correct horse battery staple";

async function pkcs12Content(spec: PeerSpec) {
  const { createCertificate, generateKeyPair } = await packages(spec);
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const certificate = await createCertificate({ ...keys, dnsNames: ["localhost"] });
  return { key: keys.privateKey, certificates: [certificate], password };
}

/** How many chains a try verifies, none of which was seen before. */
const CHAINS = 40;

let authorities: ReturnType<typeof makeAuthorities> | undefined;

/** A root and the keys below it, RSA-2048. */
async function makeAuthorities(spec: PeerSpec) {
  const { createCertificate, generateKeyPair } = await packages(spec);
  const [top, middle, end] = await Promise.all([1, 2, 3].map(() => generateKeyPair("rsa-2048")));
  const root = await createCertificate({ ...top!, subject: "CN=root", isCa: true });
  return { root, top: top!, middle: middle!, end: end! };
}

async function freshChains(spec: PeerSpec): Promise<Uint8Array<ArrayBuffer>[][]> {
  const { createCertificate } = await packages(spec);
  const { root, top, middle, end } = await (authorities ??= makeAuthorities(spec));
  return await Promise.all(Array.from({ length: CHAINS }, async () => {
    const between = await createCertificate({
      publicKey: middle.publicKey,
      subject: "CN=between",
      isCa: true,
      issuer: { certificate: root, privateKey: top.privateKey },
    });
    const leaf = await createCertificate({
      publicKey: end.publicKey,
      dnsNames: ["localhost"],
      issuer: { certificate: between, privateKey: middle.privateKey },
    });
    return [leaf.der, between.der, root.der];
  }));
}

function verifyByNode(chain: readonly Uint8Array[], now: Date): void {
  const certificates = chain.map((der) => new X509Certificate(der));
  for (const [i, issuer] of certificates.slice(1).entries()) {
    const certificate = certificates[i]!;
    const isValid = certificate.validFromDate <= now && now <= certificate.validToDate;
    if (!isValid || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
      throw new Error("The chain is not valid");
    }
  }
}

const TASKS = {
  async pkcs12Export(spec) {
    const { exportPkcs12 } = await packages(spec);
    const content = await pkcs12Content(spec);
    return async () => {
      await exportPkcs12(content);
      return 1;
    };
  },
  async pkcs12Import(spec) {
    const { exportPkcs12, importPkcs12 } = await packages(spec);
    const file = await exportPkcs12(await pkcs12Content(spec));
    return async () => {
      await importPkcs12(file, password);
      return 1;
    };
  },
  async chainNss(spec) {
    const { parseCertificate } = await packages(spec);
    const { verifyCertificateChain }: typeof import("../../../cert/verify/verify_cert.ts") =
      await import(fileOf(spec, "cert/verify/verify_cert.ts"));
    const { trustAnchorOf }: typeof import("../../../cert/verify/trust_anchor.ts") = await import(
      fileOf(spec, "cert/verify/trust_anchor.ts")
    );
    const chains = await freshChains(spec);
    const time = new Date();
    return async () => {
      for (const chain of chains) {
        const [leaf, between, root] = chain.map((der) => parseCertificate(der));
        await verifyCertificateChain(leaf!, {
          intermediates: [between!],
          anchors: [trustAnchorOf(root!)],
          time,
          usage: "sslServer",
        });
      }
      return chains.length;
    };
  },
  async chainNode(spec) {
    const chains = await freshChains(spec);
    const now = new Date();
    return () => {
      for (const chain of chains) verifyByNode(chain, now);
      return Promise.resolve(chains.length);
    };
  },
} satisfies Record<string, Task>;

/** What can be measured. */
export type TaskName = keyof typeof TASKS;

const ready = new Map<TaskName, () => Promise<number>>();

/** Gets ready for a task, or does it; returns how often it was done. */
export async function runTask(
  name: TaskName,
  what: "prepare" | "task",
  spec: PeerSpec,
): Promise<number> {
  if (what === "task") return await ready.get(name)!();
  ready.set(name, await TASKS[name](spec));
  return 0;
}
