// Copyright 2026 the NSS for Deno authors. MIT license.

import { wrongCurrentPassword } from "../token/token_login.ts";
import { AUTHENTICATED, ENCRYPTED } from "./attributes.ts";
import {
  checkPassword,
  makePasswordRecord,
  type NssDbCore,
  PASSWORD_RECORD,
  type Session,
} from "./core.ts";
import type { Commit, MetadataRow } from "./files.ts";
import { macName, NEW_SALT_LENGTH, OLD_SALT_LENGTH, type PasswordKey } from "./sealing.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StoredObject } from "./values.ts";

/**
 * Changes the password of a database: decrypts and checks all values with the old one, then
 * encrypts them with the new one.
 *
 * @param core The database.
 * @param current The current password; `null` if there is none.
 * @param next The new password.
 * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong, `SEC_ERROR_BAD_DATABASE`
 * if any value is damaged; then nothing is changed.
 */
export async function changePassword(
  core: NssDbCore,
  current: string | null,
  next: string,
): Promise<void> {
  await core.write((snapshot) => prepare(core, snapshot, current, next));
  await core.login(next);
}

async function prepare(
  core: NssDbCore,
  snapshot: Snapshot,
  current: string | null,
  next: string,
): Promise<Commit<void>> {
  const old = snapshot.metadata.get(PASSWORD_RECORD);
  const oldKey = old === undefined ? null : await checkPassword(old, current ?? "");
  if (old !== undefined && oldKey === null) throw wrongCurrentPassword(core.label);
  // Keep the generation of the salt; NSS always uses the old one for an empty password
  const isNew = old?.item1.length === NEW_SALT_LENGTH && next !== "";
  const { record, key } = await makePasswordRecord(
    isNew ? NEW_SALT_LENGTH : OLD_SALT_LENGTH,
    next,
  );
  try {
    const resealed = oldKey === null
      ? { values: [], macs: [] }
      : await reseal(core, snapshot, { key: oldKey, record: old!, verified: new Set() }, key);
    return (writer) => {
      for (const { id, attributes } of resealed.values) writer.update("key", id, attributes);
      writer.removeMetadata("sig_");
      for (const { name, row } of resealed.macs) writer.putMetadata(name, row);
      writer.putMetadata(PASSWORD_RECORD, record);
    };
  } finally {
    oldKey?.destroy();
    key.destroy();
  }
}

interface Resealed {
  readonly values: {
    readonly id: number;
    readonly attributes: ReadonlyMap<number, Uint8Array<ArrayBuffer>>;
  }[];
  readonly macs: { readonly name: string; readonly row: MetadataRow }[];
}

/**
 * Encrypts and signs all values with the new key, after checking them, so that no forged value
 * becomes authentic.
 */
async function reseal(
  core: NssDbCore,
  snapshot: Snapshot,
  session: Session,
  key: PasswordKey,
): Promise<Resealed> {
  const result: Resealed = { values: [], macs: [] };
  const sign = async (
    file: "cert" | "key",
    object: StoredObject,
    attribute: number,
    value: Uint8Array<ArrayBuffer>,
    macId: number,
  ): Promise<void> => {
    const item1 = await key.sign(macId, attribute, value);
    result.macs.push({ name: macName(file, object.id, attribute), row: { item1 } });
  };
  for (const object of snapshot.all("key")) {
    const attributes = new Map<number, Uint8Array<ArrayBuffer>>();
    for (const [attribute, value] of object.attributes) {
      if (!ENCRYPTED.has(attribute) || value.length === 0) continue;
      const plaintext = await core.decrypt(session, snapshot, object, attribute);
      attributes.set(attribute, await key.encrypt(plaintext));
      await sign("key", object, attribute, plaintext, 0);
      plaintext.fill(0);
    }
    if (attributes.size > 0) result.values.push({ id: object.id, attributes });
  }
  const clear = (["cert", "key"] as const)
    .flatMap((file) => snapshot.all(file).map((object) => [file, object] as const));
  for (const [file, object] of clear) {
    await Promise.all(
      [...object.attributes].map(async ([attribute, value]) => {
        // A value without a MAC stays without one
        if (!AUTHENTICATED.has(attribute)) return;
        if (!snapshot.metadata.has(macName(file, object.id, attribute))) return;
        await core.verifyMac(session, snapshot, file, object, attribute);
        await sign(file, object, attribute, value, object.id);
      }),
    );
  }
  return result;
}
