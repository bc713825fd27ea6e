// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What every token must do: one suite for memory, NSS databases, PKCS#11 modules, Deno KV.
 *
 * ```ts ignore
 * testToken("SoftToken", () => Promise.resolve({ token: new SoftToken() }));
 * ```
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import type { CertDB } from "../../cert/db/cert_db.ts";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { importCert } from "../../cert/db/import_cert.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { signatureSchemesOf } from "../../cert/certificate/signature_algorithm.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { formatTrust } from "../../cert/db/trust_flags.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import {
  exportPrivateKeyPem,
  generateKeyPair,
  type KeyPairType,
} from "../../pkcs11/keys/generate_key_pair.ts";
import { setPasswordFunc } from "../../pkcs11/slots/slot.ts";
import { Slot } from "../../pkcs11/slots/slot.ts";
import type { Token } from "../../pkcs11/token/token.ts";

/** A token, empty, and how to be done with it. */
export interface OpenToken {
  /** The token. */
  readonly token: Token;
  /** Opens the same token once more, where it outlives its object. */
  readonly reopen?: () => Promise<Token>;
  /** Closes and removes it. */
  readonly close?: () => Promise<void> | void;
}

/** What a token does otherwise. */
export interface TokenTestOptions {
  /** The password of the tokens that `open` gives; they need none by default. */
  readonly password?: string;
  /** Whether nothing can be written: only reading is tested. */
  readonly readOnly?: boolean;
  /** Whether it has certificates alone, and can do nothing with keys. */
  readonly noKeys?: boolean;
  /** What kinds of pairs it makes and takes. */
  readonly keyTypes?: readonly KeyPairType[];
  /** Whether it takes no keys in. */
  readonly noImport?: boolean;
  /** Whether it stores no certificates. */
  readonly noCertificates?: boolean;
  /** Whether its trust is stored: then an import with trust tells it again. */
  readonly noTrust?: boolean;
  /** Whether its password cannot be changed. */
  readonly noPasswordChange?: boolean;
  /** Whether it tells nothing of its keys before a login. */
  readonly hidesKeys?: boolean;
}

/** Signs in each way that a key says it can, and checks that the public half agrees. */
export async function assertSigns(
  key: PrivateKey,
  publicKey: SubjectPublicKeyInfo,
): Promise<void> {
  const data = new TextEncoder().encode("to be signed");
  const schemes = key.schemes ?? signatureSchemesOf(key.algorithm);
  assert(schemes.length > 0);
  for (const scheme of schemes) {
    assert(
      await verifySignature(publicKey, scheme, data, await key.sign(scheme, data), {
        anyCurve: true,
      }),
      `a signature by ${scheme} is wrong`,
    );
  }
}

async function rejectsWith(name: string, fn: () => Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(fn, NssError)).name, name);
}

/** A certificate of a key, by a home-made authority where the key is not at hand. */
function certify(
  pair: { readonly privateKey: PrivateKey; readonly publicKey: SubjectPublicKeyInfo },
  name: string,
) {
  return createCertificate({ ...pair, subject: `CN=${name}`, dnsNames: [name] });
}

/**
 * Registers the suite for one kind of token.
 *
 * @param name What the token is called in the titles.
 * @param open Opens an empty token; a read-only one may have certificates.
 * @param options What the token does otherwise.
 */
export function testToken(
  name: string,
  open: () => Promise<OpenToken>,
  options: TokenTestOptions = {},
): void {
  const {
    password,
    readOnly = false,
    noKeys = false,
    keyTypes = ["ec-p256", "ec-p384", "rsa-2048"],
  } = options;
  const first = keyTypes[0] ?? "ec-p256";
  const test = (title: string, fn: (opened: OpenToken) => Promise<void>): void => {
    Deno.test(`${name} ${title}`, async () => {
      const opened = await open();
      try {
        await fn(opened);
      } finally {
        await opened.token.close();
        await opened.close?.();
      }
    });
  };
  const logIn = async (token: Token): Promise<void> => {
    if (password !== undefined) assert(await token.login(password));
  };

  test("describes itself", async ({ token }) => {
    const info = await token.describe();
    assertEquals(info.label, token.label);
    assert(token.label.length > 0);
    assertEquals(info.isReadOnly, readOnly);
    assertEquals(token.certificates.isReadOnly, readOnly || options.noCertificates === true);
    assertEquals(info.needsLogin, password !== undefined);
    assertEquals(token.isLoggedIn, password === undefined);
    assertFalse(info.isLocked);
    const mechanisms = await token.mechanisms();
    assertEquals(mechanisms.length > 0, !noKeys);
    for (const { name, type, uses } of mechanisms) {
      assert(/^(?:CKM_|0x)/.test(name) && type >= 0 && uses.length > 0);
    }
  });

  test("finds no key that it does not have", async ({ token }) => {
    await logIn(token);
    const pair = await generateKeyPair();
    assertEquals(await token.findKey(pair.publicKey), undefined);
    assertEquals(await token.findKey(await certify(pair, "stranger.example")), undefined);
    assertEquals(await token.findKey({ id: Uint8Array.of(1, 2, 3) }), undefined);
  });

  if (readOnly) {
    test("changes nothing", async ({ token }) => {
      await logIn(token);
      const pair = await generateKeyPair("ec-p256", { extractable: true });
      const certificate = await certify(pair, "new.example");
      const pem = await exportPrivateKeyPem(pair.privateKey);
      const before = (await token.certificates.find({})).length;
      await rejectsWith("SEC_ERROR_READ_ONLY", () => token.generateKeyPair());
      await rejectsWith("SEC_ERROR_READ_ONLY", () => token.importKey(pem));
      await rejectsWith("SEC_ERROR_READ_ONLY", () => token.deleteKey(pair.publicKey));
      await rejectsWith("SEC_ERROR_READ_ONLY", () => token.changePassword(password ?? "", "next"));
      await rejectsWith("SEC_ERROR_READ_ONLY", () => token.certificates.importCert(certificate));
      await rejectsWith("SEC_ERROR_READ_ONLY", () => token.certificates.deleteCert(certificate));
      await rejectsWith(
        "SEC_ERROR_READ_ONLY",
        () => token.certificates.setTrust(certificate, null),
      );
      assertEquals((await token.certificates.find({})).length, before);
    });

    test(`has ${noKeys ? "no keys of its certificates" : "keys of its certificates that sign"}`, async ({ token }) => {
      await logIn(token);
      const records = await token.certificates.find({});
      assert(records.length > 0);
      let signing = 0;
      for (const { certificate, hasKey } of records) {
        const key = await token.findKey(certificate);
        assertEquals(key !== undefined, hasKey, String(certificate.subject));
        if (key === undefined) continue;
        await assertSigns(key, certificate.subjectPublicKeyInfo);
        signing++;
      }
      assertEquals(signing > 0, !noKeys);
    });
    return;
  }

  test("is empty at first", async ({ token }) => {
    await logIn(token);
    assertEquals(await token.listKeys(), []);
    assertEquals(await token.certificates.find({}), []);
  });

  for (const type of keyTypes) {
    test(`makes a pair of ${type} and finds it again`, async ({ token, reopen }) => {
      await logIn(token);
      const pair = await token.generateKeyPair(type, { label: "mine" });
      assertEquals(pair.privateKey.algorithm, pair.publicKey.algorithm);
      await assertSigns(pair.privateKey, pair.publicKey);
      const certificate = await certify(pair, "localhost");
      for (const view of reopen === undefined ? [token] : [token, await reopen()]) {
        await logIn(view);
        const keys = await view.listKeys();
        assertEquals(keys.length, 1);
        const [key] = keys;
        assertEquals(key!.label, "mine");
        assertEquals(key!.algorithm, pair.publicKey.algorithm);
        assertEquals(key!.id, pair.id);
        if (key!.publicKey !== undefined) assert(key!.publicKey.equals(pair.publicKey));
        for (const which of [certificate, pair.publicKey, key!]) {
          const found = await view.findKey(which);
          assert(found !== undefined);
          assertEquals(found.algorithm, pair.publicKey.algorithm);
          await assertSigns(found, pair.publicKey);
        }
        if (view !== token) await view.close();
      }
    });

    if (options.noImport) continue;
    test(`takes a key of ${type} in, once`, async ({ token }) => {
      await logIn(token);
      const pair = await generateKeyPair(type, { extractable: true });
      const pem = await exportPrivateKeyPem(pair.privateKey);
      const stored = await token.importKey(pem, { label: "imported" });
      assertEquals(stored.label, "imported");
      const again = await token.importKey(pair.privateKey);
      assertEquals(again.id, stored.id);
      assertEquals((await token.listKeys()).length, 1);
      const found = await token.findKey(pair.publicKey);
      assert(found !== undefined);
      await assertSigns(found, pair.publicKey);
    });
  }

  if (!options.noImport) {
    test("refuses what is no key", async ({ token }) => {
      await logIn(token);
      await rejectsWith("SEC_ERROR_BAD_DER", () => token.importKey(Uint8Array.of(0x30, 0)));
      await rejectsWith("SEC_ERROR_NO_KEY", () => token.importKey("no key"));
      assertEquals(await token.listKeys(), []);
    });
  }

  test("removes one key and no other", async ({ token }) => {
    await logIn(token);
    const [kept, gone] = [await token.generateKeyPair(first), await token.generateKeyPair(first)];
    assert(await token.deleteKey(gone.publicKey));
    assertFalse(await token.deleteKey(gone));
    assertEquals((await token.listKeys()).map(({ id }) => id), [kept.id]);
    assertEquals(await token.findKey(gone), undefined);
    await assertSigns((await token.findKey(kept))!, kept.publicKey);
  });

  test("makes several pairs at once", async ({ token }) => {
    await logIn(token);
    const pairs = await Promise.all(Array.from({ length: 4 }, () => token.generateKeyPair(first)));
    const ids = (keys: readonly { id: Uint8Array }[]) => keys.map(({ id }) => id.toHex()).sort();
    assertEquals(ids(await token.listKeys()), ids(pairs));
  });

  if (!options.noCertificates) {
    test("tells which certificates it has the key of", async ({ token }) => {
      await logIn(token);
      const pair = await token.generateKeyPair(first);
      const mine = await certify(pair, "mine.example");
      const others = await certify(await generateKeyPair(), "others.example");
      const trust = options.noTrust ? {} : { trust: "P,," };
      const imported = await importCert(token.certificates, mine, { nickname: "mine", ...trust });
      assert(imported.hasKey);
      const record = await importCert(token.certificates, others, { nickname: "others" });
      assertFalse(record.hasKey);
      const [found] = await token.certificates.find({ nickname: "mine" });
      assert(found !== undefined && found.hasKey && found.certificate.equals(mine));
      if (!options.noTrust) assertEquals(formatTrust(found.trust!), "P,,");
      assert(await token.deleteKey(mine));
      assertFalse((await token.certificates.find({ nickname: "mine" }))[0]!.hasKey);
    });
  }

  if (password === undefined) return;

  test("takes the right password only, and stays as it is", async ({ token }) => {
    for (const wrong of ["", "wrong", `${password} `, password.slice(0, -1)]) {
      assertFalse(await token.login(wrong), wrong);
      assertFalse(token.isLoggedIn);
    }
    assert(await token.login(password));
    assert(token.isLoggedIn);
    assert(await token.login(password));
    await token.logout();
    assertFalse(token.isLoggedIn);
  });

  test("uses no key without a login", async ({ token }) => {
    await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => token.generateKeyPair(first));
    await logIn(token);
    const { publicKey, privateKey } = await token.generateKeyPair(first);
    const [scheme] = privateKey.schemes ?? signatureSchemesOf(privateKey.algorithm);
    const sign = () => privateKey.sign(scheme!, Uint8Array.of(1));
    await sign();
    await token.logout();
    await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", sign);
    if (!options.hidesKeys) {
      assertEquals((await token.listKeys()).length, 1);
      await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => token.findKey(publicKey));
    }
    await logIn(token);
    await assertSigns((await token.findKey(publicKey))!, publicKey);
  });

  test("asks for its password where it needs it, once for all", async ({ token }) => {
    const slot = new Slot({ name: `${name} slot`, token });
    const asked: unknown[] = [];
    setPasswordFunc(async (asking, retry, arg) => {
      await Promise.resolve();
      asked.push([asking === slot, retry, arg]);
      return password;
    }, { for: slot });
    await Promise.all(
      Array.from({ length: 3 }, () => token.generateKeyPair(first, { pinArg: "window" })),
    );
    assertEquals(asked, [[true, false, "window"]]);
  });

  if (!options.noPasswordChange) {
    test("changes its password and keeps its keys", async ({ token, reopen }) => {
      await logIn(token);
      const { publicKey } = await token.generateKeyPair(first);
      await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => token.changePassword("wrong", "next"));
      assert(await token.login(password));
      await token.changePassword(password, "n\u00e4chstes");
      assert(token.isLoggedIn);
      for (const view of reopen === undefined ? [token] : [token, await reopen()]) {
        await view.logout();
        assertFalse(await view.login(password));
        assert(await view.login("n\u00e4chstes"));
        await assertSigns((await view.findKey(publicKey))!, publicKey);
        if (view !== token) await view.close();
      }
      await token.changePassword("n\u00e4chstes", "");
      assertFalse((await token.describe()).needsLogin);
    });
  }
}

/** For suites of certificates: the store of a token. */
export function certificatesOf(opened: OpenToken): {
  db: CertDB;
  reopen?: () => Promise<CertDB>;
  close: () => Promise<void>;
} {
  const { token, reopen, close } = opened;
  const others: Token[] = [];
  return {
    db: token.certificates,
    ...(reopen !== undefined && {
      reopen: async () => {
        const other = await reopen();
        others.push(other);
        return other.certificates;
      },
    }),
    close: async () => {
      for (const each of [token, ...others]) await each.close();
      await close?.();
    },
  };
}
