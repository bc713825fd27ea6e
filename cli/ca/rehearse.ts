// Copyright 2026 the NSS for Deno authors. MIT license.

/** Whether an authority may make a certificate: tried before it is signed. @module */

import {
  type Certificate,
  type CertUsageName,
  createCertificate,
  type CreateCertificateOptions,
  NssError,
  OIDS,
  type SubjectPublicKeyInfo,
  trustAnchorOf,
  verifyCertificateChain,
} from "../../cert/mod.ts";
import { stateOf } from "../../cert/base/printable.ts";
import { generateKeyPair } from "../../pkcs11/mod.ts";
import { permittedNames } from "./constraints.ts";
import type { CaFolder } from "./folder.ts";
import type { Content } from "./profile.ts";

/** By the names of purposes, and by their identifiers, which are in certificates. */
const USAGES: ReadonlyMap<string, CertUsageName> = new Map([
  ["serverAuth", "sslServer"],
  ["clientAuth", "sslClient"],
  ["emailProtection", "emailSigner"],
  [OIDS.serverAuth, "sslServer"],
  [OIDS.clientAuth, "sslClient"],
  [OIDS.emailProtection, "emailSigner"],
]);

/**
 * Makes a certificate as it will be, below authorities of the same names, constraints and times,
 * whose keys are thrown away, and verifies it: what clients would refuse is never signed by the
 * real key. Public authorities lint so before they sign.
 *
 * @param folder The authority.
 * @param content What the certificate is to have.
 * @param publicKey Its key; `null` for one that is still to be made, and will be good.
 * @param now The time.
 * @throws {NssError} `SEC_ERROR_CERT_NOT_IN_NAME_SPACE` if a name is not permitted, and all that
 * {@linkcode verifyCertificateChain} throws.
 */
export async function rehearse(
  folder: CaFolder,
  content: Content,
  publicKey: SubjectPublicKeyInfo | null,
  now: Date,
): Promise<void> {
  const chain: Certificate[] = [];
  let issuer: CreateCertificateOptions["issuer"];
  for (const { certificate } of folder.authorities) {
    const keys = await generateKeyPair();
    const { subject, notBefore, notAfter, nameConstraints, basicConstraints } = certificate;
    const twin = await createCertificate({
      ...keys,
      subject,
      notBefore,
      notAfter,
      isCa: true,
      ...basicConstraints?.pathLength !== undefined && { pathLength: basicConstraints.pathLength },
      ...nameConstraints !== undefined && { nameConstraints },
      ...issuer !== undefined && { issuer },
    });
    chain.push(twin);
    issuer = { certificate: twin, privateKey: keys.privateKey };
  }
  const leaf = await createCertificate({
    ...content,
    publicKey: publicKey ?? (await generateKeyPair()).publicKey,
    issuer: issuer!,
  });
  const [root, ...intermediates] = chain;
  for (const purpose of content.extKeyUsage ?? []) {
    const usage = USAGES.get(purpose);
    if (usage === undefined) continue;
    await verifyCertificateChain(leaf, {
      anchors: [trustAnchorOf(root!)],
      intermediates,
      time: now,
      usage,
    }).catch((error) => {
      throw explained(error, folder);
    });
  }
}

function explained(error: unknown, { issuing: { certificate } }: CaFolder): unknown {
  if (!(error instanceof NssError)) return error;
  const cure = error.name === "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"
    ? `; it may certify ${permittedNames(certificate).join(", ")}: nss ca create --names makes ` +
      "an authority for others"
    : "";
  return new NssError(error.name, `Cannot issue: ${stateOf(error)}${cure}`, { cause: error });
}
