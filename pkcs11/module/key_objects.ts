// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import { Certificate } from "../../cert/certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { TokenKey } from "../token/token.ts";
import { CKA, CKO } from "./constants.ts";
import { type Attribute, KEY_ATTRIBUTES, publicKeyOfAttributes } from "./key_attributes.ts";
import type { Attributes, Session } from "./session.ts";
import { readUlong } from "./template.ts";

/** A private key object of a token. */
export interface KeyObject extends TokenKey {
  /** The handle of the object. */
  readonly handle: bigint;
}

/**
 * Reads private keys, each with its public key if the token has it.
 *
 * @param session A session with the token.
 * @param template The attributes that they must have.
 * @param attempt The attempted action, for error messages.
 * @returns The keys that are visible to the session.
 */
export async function readKeyObjects(
  session: Session,
  template: readonly Attribute[],
  attempt: string,
): Promise<KeyObject[]> {
  const handles = await session.findObjects([[CKA.class, CKO.privateKey], ...template], attempt);
  const keys: KeyObject[] = [];
  for (const handle of handles) {
    const attributes = await session.getAttributes(handle, KEY_ATTRIBUTES, attempt);
    const publicKey = await publicKeyFor(session, attributes, attempt);
    const id = attributes.get(CKA.id) ?? new Uint8Array(0);
    const label = new TextDecoder().decode(attributes.get(CKA.label) ?? new Uint8Array(0));
    keys.push({
      handle,
      id,
      label: label === "" ? null : label,
      algorithm: publicKey?.algorithm ?? null,
      ...(publicKey !== undefined && { publicKey }),
    });
  }
  return keys;
}

/**
 * Returns the public key of a private key, from its attributes or from the public key object or
 * certificate with the same id.
 */
async function publicKeyFor(
  session: Session,
  attributes: Attributes,
  attempt: string,
): Promise<SubjectPublicKeyInfo | undefined> {
  const own = publicKeyOfAttributes(attributes);
  const id = attributes.get(CKA.id);
  if (own !== undefined || id === undefined || id.length === 0) return own;
  const keyType = readUlong(attributes.get(CKA.keyType));
  const template: Attribute[] = [[CKA.class, CKO.publicKey], [CKA.id, id]];
  if (keyType !== null) template.push([CKA.keyType, keyType]);
  for (const handle of await session.findObjects(template, attempt)) {
    const found = publicKeyOfAttributes(
      await session.getAttributes(handle, KEY_ATTRIBUTES, attempt),
    );
    if (found !== undefined) return found;
  }
  const certificates = await session.findObjects(
    [[CKA.class, CKO.certificate], [CKA.id, id]],
    attempt,
  );
  for (const handle of certificates) {
    const der = (await session.getAttributes(handle, [CKA.value], attempt)).get(CKA.value);
    try {
      if (der !== undefined) return Certificate.fromDer(der).subjectPublicKeyInfo;
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
    }
  }
  return undefined;
}

/**
 * Reads the public keys whose private key the token has, or is assumed to have because it has the
 * public key object.
 *
 * @param session A session with the token.
 * @param attempt The attempted action, for error messages.
 * @returns The public keys (`SubjectPublicKeyInfo.publicKey`) in hexadecimal.
 */
export async function readKeyedPublicKeys(
  session: Session,
  attempt: string,
): Promise<ReadonlySet<string>> {
  const keyed = new Set<string>();
  for (const objectClass of [CKO.publicKey, CKO.privateKey]) {
    for (const handle of await session.findObjects([[CKA.class, objectClass]], attempt)) {
      const attributes = await session.getAttributes(handle, KEY_ATTRIBUTES, attempt);
      const publicKey = objectClass === CKO.privateKey
        ? await publicKeyFor(session, attributes, attempt)
        : publicKeyOfAttributes(attributes);
      if (publicKey !== undefined) keyed.add(toHex(publicKey.publicKey));
    }
  }
  return keyed;
}
