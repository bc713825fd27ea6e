// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { Argument, Caller, FunctionName } from "./library.ts";
import { alloc, pin, readBig } from "./memory.ts";
import { ModuleError } from "./return_values.ts";
import { align, ATTRIBUTE_SIZE, type AttributeValue, Template } from "./template.ts";

/** The number of objects that a call of `C_FindObjects` may return. */
const FIND_BATCH = 64;

/**
 * The maximum number of objects of a search, which ends searches that a faulty module never ends.
 */
export const MAX_OBJECTS = 100_000;

/**
 * The maximum size of an attribute in bytes: no certificate that this package accepts is longer.
 */
export const MAX_ATTRIBUTE_SIZE = 1 << 24;

/**
 * The initial size of the buffer for a signature; a token asks for more if needed (RSA with 16384
 * bits: 2048 bytes).
 */
const SIGNATURE_SIZE = 1024;

/** The values of attributes of an object, by type. */
export type Attributes = ReadonlyMap<number, Uint8Array<ArrayBuffer>>;

/** A session with a token, for one operation at a time. */
export class Session {
  /** The handle (`CK_SESSION_HANDLE`). */
  readonly handle: bigint;
  readonly #library: Caller;

  /**
   * Wraps an open session.
   *
   * @param library The library.
   * @param handle The handle.
   */
  constructor(library: Caller, handle: bigint) {
    this.#library = library;
    this.handle = handle;
  }

  /**
   * Calls a function of the session.
   *
   * @param name The function.
   * @param attempt The attempted action, for the error message.
   * @param args Its arguments after the session.
   */
  call(
    name: FunctionName,
    attempt: string,
    ...args: Argument[]
  ): Promise<void> {
    return this.#library.call(name, attempt, this.handle, ...args);
  }

  /**
   * Finds objects.
   *
   * @param attributes The attributes that they must have.
   * @param attempt The attempted action, for error messages.
   * @returns The handles.
   */
  async findObjects(
    attributes: readonly (readonly [type: number, value: AttributeValue])[],
    attempt: string,
  ): Promise<bigint[]> {
    const template = Template.of(attributes);
    await this.call("C_FindObjectsInit", attempt, template.bytes, template.count);
    const found: bigint[] = [];
    try {
      const handles = alloc(8 * FIND_BATCH);
      const count = alloc(8);
      for (;;) {
        await this.call("C_FindObjects", attempt, handles, FIND_BATCH, count);
        const number = Math.min(Number(readBig(count)), FIND_BATCH);
        for (let i = 0; i < number; i++) found.push(readBig(handles, 8 * i));
        if (number === 0) return found;
        if (found.length > MAX_OBJECTS) {
          throw new NssError(
            "SEC_ERROR_INCOMPATIBLE_PKCS11",
            `${attempt}: more than ${MAX_OBJECTS} objects`,
          );
        }
      }
    } finally {
      await this.#library.tryCall("C_FindObjectsFinal", this.handle);
    }
  }

  /**
   * Reads attributes of an object.
   *
   * @param object The handle of the object.
   * @param types The attribute types.
   * @param attempt The attempted action, for error messages.
   * @returns The values, without those of sensitive or absent attributes.
   */
  async getAttributes(
    object: bigint,
    types: readonly number[],
    attempt: string,
  ): Promise<Attributes> {
    const sizes = Template.room(types.map((type) => [type, 0]));
    await this.#getAttributeValue(object, sizes, attempt);
    const present = types.flatMap((type, i) => {
      const length = sizes.lengthOf(i);
      if (length === null) return [];
      if (length <= MAX_ATTRIBUTE_SIZE) return [[type, length] as const];
      throw new NssError(
        "SEC_ERROR_INCOMPATIBLE_PKCS11",
        `${attempt}: an attribute has more than ${MAX_ATTRIBUTE_SIZE} bytes`,
      );
    });
    const values = Template.room(present);
    await this.#getAttributeValue(object, values, attempt);
    const result = new Map<number, Uint8Array<ArrayBuffer>>();
    let offset = ATTRIBUTE_SIZE * present.length;
    present.forEach(([type, length], i) => {
      // A value that has become longer meanwhile counts as absent
      if ((values.lengthOf(i) ?? Infinity) <= length) result.set(type, values.valueOf(i, offset));
      offset += align(length);
    });
    return result;
  }

  async #getAttributeValue(object: bigint, template: Template, attempt: string): Promise<void> {
    if (template.count === 0) return;
    const value = await this.#library.tryCall(
      "C_GetAttributeValue",
      this.handle,
      object,
      template.bytes,
      template.count,
    );
    const { returned } = new ModuleError(value, attempt, "C_GetAttributeValue");
    switch (returned) {
      case "CKR_OK":
      case "CKR_ATTRIBUTE_SENSITIVE":
      case "CKR_ATTRIBUTE_TYPE_INVALID":
      case "CKR_BUFFER_TOO_SMALL":
        return;
    }
    throw new ModuleError(value, attempt, "C_GetAttributeValue");
  }

  /**
   * Creates an object.
   *
   * @param attributes Its attributes.
   * @param attempt The attempted action, for error messages.
   * @returns The handle.
   */
  async createObject(
    attributes: readonly (readonly [type: number, value: AttributeValue])[],
    attempt: string,
  ): Promise<bigint> {
    const template = Template.of(attributes);
    const handle = alloc(8);
    try {
      await this.call("C_CreateObject", attempt, template.bytes, template.count, handle);
    } finally {
      template.bytes.fill(0); // it may be a private key
    }
    return readBig(handle);
  }

  /**
   * Signs data.
   *
   * @param mechanism The CK_MECHANISM.
   * @param key The handle of the private key.
   * @param data The data.
   * @param attempt The attempted action, for error messages.
   * @returns The signature.
   */
  async sign(
    mechanism: Uint8Array<ArrayBuffer>,
    key: bigint,
    data: Uint8Array,
    attempt: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    await this.call("C_SignInit", attempt, mechanism, key);
    const input = pin(data);
    const length = alloc(8);
    for (let size = SIGNATURE_SIZE;;) {
      const signature = alloc(size);
      writeBig(length, BigInt(size));
      const value = await this.#library.tryCall(
        "C_Sign",
        this.handle,
        input,
        input.length,
        signature,
        length,
      );
      const needed = Number(readBig(length));
      const error = new ModuleError(value, attempt, "C_Sign");
      if (error.returned === "CKR_OK") {
        if (needed > 0 && needed <= size) return signature.slice(0, needed);
        throw new NssError(
          "SEC_ERROR_INCOMPATIBLE_PKCS11",
          `${attempt}: C_Sign tells of a signature of ${needed} bytes, with room for ${size}`,
        );
      }
      // The operation stays active (PKCS#11 2.40, Section 5.2)
      if (error.returned !== "CKR_BUFFER_TOO_SMALL" || needed <= size || needed > 1 << 16) {
        throw error;
      }
      size = needed;
    }
  }

  /**
   * Generates a key pair.
   *
   * @param mechanism The CK_MECHANISM.
   * @param publicKey The attributes of the public key.
   * @param privateKey The attributes of the private key.
   * @param attempt The attempted action, for error messages.
   * @returns The handles of the public and the private key.
   */
  async generateKeyPair(
    mechanism: Uint8Array<ArrayBuffer>,
    publicKey: readonly (readonly [type: number, value: AttributeValue])[],
    privateKey: readonly (readonly [type: number, value: AttributeValue])[],
    attempt: string,
  ): Promise<readonly [publicKey: bigint, privateKey: bigint]> {
    const [first, second] = [Template.of(publicKey), Template.of(privateKey)];
    const [a, b] = [alloc(8), alloc(8)];
    await this.call(
      "C_GenerateKeyPair",
      attempt,
      mechanism,
      ...[first.bytes, first.count, second.bytes, second.count, a, b],
    );
    return [readBig(a), readBig(b)];
  }
}

function writeBig(bytes: Uint8Array<ArrayBuffer>, value: bigint): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(0, value, true);
}
