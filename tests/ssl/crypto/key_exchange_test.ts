// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { decodeHex } from "@std/encoding";
import { SslError } from "../../../ssl/base/errors.ts";
import {
  generateKeyShare,
  generateKeyShares,
  type KeyShare,
  respondToKeyShare,
} from "../../../ssl/crypto/key_exchange.ts";
import {
  NAMED_GROUPS,
  type NamedGroup,
  namedGroupByName,
  type NamedGroupName,
} from "../../../ssl/tables/named_groups.ts";
import { skip } from "../../support/skip.ts";
import { countSubtleCalls, withDerivedBits } from "../handshake/subtle.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const X25519 = namedGroupByName("x25519")!;
const HYBRID = namedGroupByName("X25519MLKEM768")!;
const ML_KEM_KEY_LENGTH = 1184;
const ML_KEM_CIPHERTEXT_LENGTH = 1088;

/** The hybrids whose ECDH part comes first, and that part. */
const EC_FIRST = [
  { hybrid: namedGroupByName("SecP256r1MLKEM768")!, ec: namedGroupByName("secp256r1")! },
  { hybrid: namedGroupByName("SecP384r1MLKEM1024")!, ec: namedGroupByName("secp384r1")! },
];
/** The groups with ML-KEM, and where its part begins in each share. */
const ML_KEM_STARTS = [
  { group: HYBRID, start: 0 },
  { group: EC_FIRST[0]!.hybrid, start: 65 },
  { group: EC_FIRST[1]!.hybrid, start: 97 },
  { group: namedGroupByName("MLKEM1024")!, start: 0 },
].filter(({ group }) => group.available());

/** How long the secret is that a group agrees on. */
const SECRET_LENGTHS: Readonly<Record<NamedGroupName, number>> = {
  x25519: 32,
  secp256r1: 32,
  secp384r1: 48,
  secp521r1: 66,
  X25519MLKEM768: 64,
  SecP256r1MLKEM768: 64,
  SecP384r1MLKEM1024: 80,
  MLKEM1024: 32,
};

const EC_GROUPS = NAMED_GROUPS.filter(({ name }) => name.startsWith("secp"));

/**
 * The points of small order, and those that are the same modulo p (Wycheproof and RFC 7748, Section
 * 7).
 */
const LOW_ORDER_POINTS = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map(decodeHex);

/** Checks the error that a bad share of a group is met with. */
async function assertRefused(group: NamedGroup, attempt: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(attempt, SslError);
  assertEquals(
    error.name,
    group.name.includes("MLKEM") && group.name !== "MLKEM1024"
      ? "SSL_ERROR_RX_MALFORMED_HYBRID_KEY_SHARE"
      : "SSL_ERROR_RX_MALFORMED_KEY_SHARE",
  );
  // RFC 8446, Section 4.2.8 and RFC 10024: illegal_parameter.
  assertEquals([error.fault, error.alert, error.origin], ["value", "illegal_parameter", "local"]);
  assert(error.message.startsWith(`Cannot use key share of ${group.name}: `), error.message);
}

/** Checks that neither end takes a share. */
async function assertRefusedByBoth(group: NamedGroup, share: Bytes): Promise<void> {
  await assertRefused(group, () => respondToKeyShare(group, share));
  const client = await generateKeyShare(group);
  await assertRefused(group, () => client.complete(share));
}

async function agree(group: NamedGroup, client: KeyShare): Promise<Bytes> {
  const { serverShare, sharedSecret } = await respondToKeyShare(group, client.publicKey);
  assertEquals(client.group, group.id);
  assertEquals(client.publicKey.length, group.clientShareLength);
  assertEquals(serverShare.length, group.serverShareLength);
  const secret = await client.complete(serverShare);
  assertEquals(secret, sharedSecret);
  assertEquals(secret.length, SECRET_LENGTHS[group.name]);
  return secret;
}

for (const group of NAMED_GROUPS) {
  const title = `generateKeyShare() and respondToKeyShare() agree on a secret in ${group.name}`;
  if (!group.available()) {
    skip(title, `this runtime has no ${group.name}`);
    continue;
  }

  Deno.test(title, async () => {
    const first = await agree(group, await generateKeyShare(group));
    const second = await agree(group, await generateKeyShare(group));
    assertNotEquals(first, second);
  });

  Deno.test(`generateKeyShare() never gives a share twice, and a peer may (${group.name}; RFC 9846, Section 4.3.8)`, async () => {
    const own = await Promise.all([generateKeyShare(group), generateKeyShare(group)]);
    assertNotEquals(own[0].publicKey, own[1].publicKey);
    const { publicKey } = own[0];
    const [first, second] = await Promise.all([
      respondToKeyShare(group, publicKey),
      respondToKeyShare(group, publicKey),
    ]);
    assertNotEquals(first.serverShare, second.serverShare);
    for (const { serverShare, sharedSecret } of [first, second]) {
      assertEquals(await own[0].complete(serverShare), sharedSecret);
    }
  });

  Deno.test(`KeyShare.complete() and respondToKeyShare() refuse lengths other than that of ${group.name}`, async () => {
    const client = await generateKeyShare(group);
    const { serverShare } = await respondToKeyShare(group, client.publicKey);
    for (const length of [0, 1, serverShare.length - 1, serverShare.length + 1]) {
      const share = new Uint8Array(length);
      share.set(serverShare.subarray(0, length));
      await assertRefused(group, () => client.complete(share));
    }
    const { publicKey } = client;
    for (const length of [0, 1, publicKey.length - 1, publicKey.length + 1]) {
      const share = new Uint8Array(length);
      share.set(publicKey.subarray(0, length));
      await assertRefused(group, () => respondToKeyShare(group, share));
    }
  });

  Deno.test(`KeyShare.complete() and respondToKeyShare() take the share of ${group.name} at the call`, async () => {
    const client = await generateKeyShare(group);
    const clientShare = client.publicKey.slice();
    const responding = respondToKeyShare(group, clientShare);
    clientShare.fill(0);
    const { serverShare, sharedSecret } = await responding;
    const completing = client.complete(serverShare);
    serverShare.fill(0);
    assertEquals(await completing, sharedSecret);
  });
}

for (const group of EC_GROUPS) {
  Deno.test(`respondToKeyShare() and KeyShare.complete() refuse bad points of ${group.name}`, async () => {
    const { publicKey } = await generateKeyShare(group);
    const coordinateLength = (publicKey.length - 1) / 2;
    // RFC 8446, Section 4.2.8.2: only the uncompressed form, whose first byte is 4.
    for (const leadingByte of [0, 2, 3, 5, 6, 7]) {
      await assertRefusedByBoth(group, Uint8Array.of(leadingByte, ...publicKey.subarray(1)));
    }
    // WebCrypto is not even asked: other runtimes than this one might take such a point.
    const client = await generateKeyShare(group);
    const counts = await countSubtleCalls(async () => {
      const share = Uint8Array.of(3, ...publicKey.subarray(1));
      await assertRefused(group, () => client.complete(share));
    });
    assertEquals(counts.all, 0);
    const y = publicKey.at(-1)!;
    const compressed = Uint8Array.of(
      2 + (y & 1),
      ...publicKey.subarray(1, 1 + coordinateLength),
    );
    await assertRefusedByBoth(group, compressed);
    // WebCrypto finds compressed points by their length or their first byte: try both.
    await assertRefusedByBoth(
      group,
      Uint8Array.from({ length: publicKey.length }, (_, i) => compressed[i] ?? 0),
    );
    const offCurve = publicKey.slice();
    offCurve[offCurve.length - 1]! ^= 1;
    await assertRefusedByBoth(group, offCurve);
    // Coordinates that are no field elements, and the nearest thing to the point at infinity.
    for (const filling of [0xff, 0]) {
      const share = new Uint8Array(publicKey.length).fill(filling);
      share[0] = 4;
      await assertRefusedByBoth(group, share);
    }
  });
}

Deno.test("respondToKeyShare() and KeyShare.complete() refuse X25519 points of low order", async () => {
  for (const point of LOW_ORDER_POINTS) {
    await assertRefusedByBoth(X25519, point);
    const withHighBit = point.slice();
    withHighBit[31]! |= 0x80; // RFC 7748, Section 5: ignored
    await assertRefusedByBoth(X25519, withHighBit);
  }
});

Deno.test("KeyShare.complete() refuses an X25519 secret of zeros even if WebCrypto does not", async () => {
  const client = await generateKeyShare(X25519);
  const { serverShare } = await respondToKeyShare(X25519, client.publicKey);
  for (const place of [0, 31]) {
    const almost = new Uint8Array(32);
    almost[place] = 1;
    assertEquals(await withDerivedBits(almost, () => client.complete(serverShare)), almost);
  }
  await withDerivedBits(
    new Uint8Array(32),
    () => assertRefused(X25519, () => client.complete(serverShare)),
  );
});

if (HYBRID.available()) {
  Deno.test("generateKeyShares() gives X25519MLKEM768 and x25519 one X25519 key pair", async () => {
    let shares: KeyShare[] = [];
    const counts = await countSubtleCalls(async () => {
      shares = await generateKeyShares([HYBRID, X25519]);
    });
    assertEquals(counts, { all: 4, generateKey: 2, exportKey: 2 });
    const [hybrid, x25519] = shares;
    assertEquals(shares.map(({ group }) => group), [HYBRID.id, X25519.id]);
    assertEquals(hybrid!.publicKey.subarray(ML_KEM_KEY_LENGTH), x25519!.publicKey);
    await agree(HYBRID, hybrid!);
    await agree(X25519, x25519!);
    const [again] = await generateKeyShares([X25519]);
    assertNotEquals(again!.publicKey, x25519!.publicKey);
  });

  Deno.test("KeyShare.complete() puts the ML-KEM secret before that of X25519", async () => {
    const [hybrid, x25519] = await generateKeyShares([HYBRID, X25519]);
    const { serverShare, sharedSecret } = await respondToKeyShare(HYBRID, hybrid!.publicKey);
    const secret = await x25519!.complete(serverShare.slice(ML_KEM_CIPHERTEXT_LENGTH));
    assertEquals(sharedSecret.subarray(32), secret);
    assertNotEquals(sharedSecret.subarray(0, 32), secret);
  });

  Deno.test("respondToKeyShare() and KeyShare.complete() refuse the X25519 part of X25519MLKEM768", async () => {
    const client = await generateKeyShare(HYBRID);
    const { serverShare } = await respondToKeyShare(HYBRID, client.publicKey);
    for (const point of LOW_ORDER_POINTS) {
      const toServer = client.publicKey.slice();
      toServer.set(point, ML_KEM_KEY_LENGTH);
      await assertRefused(HYBRID, () => respondToKeyShare(HYBRID, toServer));
      const toClient = serverShare.slice();
      toClient.set(point, ML_KEM_CIPHERTEXT_LENGTH);
      await assertRefused(HYBRID, () => client.complete(toClient));
    }
  });
}

for (const { hybrid, ec } of EC_FIRST.filter(({ hybrid }) => hybrid.available())) {
  Deno.test(`generateKeyShares() gives ${hybrid.name} and ${ec.name} one key pair, whose part comes first`, async () => {
    let shares: KeyShare[] = [];
    const counts = await countSubtleCalls(async () => {
      shares = await generateKeyShares([hybrid, ec]);
    });
    assertEquals(counts, { all: 4, generateKey: 2, exportKey: 2 });
    const [both, alone] = shares;
    assertEquals(both!.publicKey.subarray(0, ec.clientShareLength), alone!.publicKey);
    // RFC 10024: the ECDH secret first, too.
    const { serverShare, sharedSecret } = await respondToKeyShare(hybrid, both!.publicKey);
    const secret = await alone!.complete(serverShare.slice(0, ec.serverShareLength));
    assertEquals(sharedSecret.subarray(0, secret.length), secret);
    assertEquals(await both!.complete(serverShare), sharedSecret);
  });

  Deno.test(`respondToKeyShare() and KeyShare.complete() refuse the ECDH part of ${hybrid.name}`, async () => {
    const client = await generateKeyShare(hybrid);
    const { serverShare } = await respondToKeyShare(hybrid, client.publicKey);
    const spoil: readonly ((share: Bytes) => void)[] = [
      (share) => share[0] = 2,
      (share) => share[0] = 0,
      (share) => share[ec.clientShareLength - 1]! ^= 1,
      (share) => share.fill(0, 1, ec.clientShareLength),
    ];
    for (const change of spoil) {
      const toServer = client.publicKey.slice();
      change(toServer);
      await assertRefused(hybrid, () => respondToKeyShare(hybrid, toServer));
      const toClient = serverShare.slice();
      change(toClient);
      await assertRefused(hybrid, () => client.complete(toClient));
    }
  });
}

Deno.test("generateKeyShares() gives two hybrids of ML-KEM-768 one key pair of it", async () => {
  const groups = [HYBRID, EC_FIRST[0]!.hybrid];
  if (!groups.every((group) => group.available())) return;
  const [first, second] = await generateKeyShares(groups);
  assertEquals(first!.publicKey.subarray(0, ML_KEM_KEY_LENGTH), second!.publicKey.subarray(65));
  await agree(groups[0]!, first!);
  await agree(groups[1]!, second!);
});

for (const { group, start } of ML_KEM_STARTS) {
  Deno.test(`respondToKeyShare() refuses an ML-KEM key in ${group.name} with coefficients that are not reduced`, async () => {
    const { publicKey } = await generateKeyShare(group);
    const share = publicKey.slice();
    const setFirst = (coefficient: number): void => {
      share[start] = coefficient & 0xff;
      share[start + 1] = share[start + 1]! & 0xf0 | coefficient >> 8;
    };
    // FIPS 203, Section 7.2: below q = 3329.
    for (const coefficient of [0xfff, 3329]) {
      setFirst(coefficient);
      await assertRefused(group, () => respondToKeyShare(group, share));
    }
    setFirst(3328);
    await respondToKeyShare(group, share);
  });

  Deno.test(`KeyShare.complete() gets another secret from a changed ML-KEM ciphertext of ${group.name}`, async () => {
    const client = await generateKeyShare(group);
    const { serverShare, sharedSecret } = await respondToKeyShare(group, client.publicKey);
    const changed = serverShare.slice();
    changed[start]! ^= 1;
    // FIPS 203's implicit rejection: the Finished message will not verify.
    assertNotEquals(await client.complete(changed), sharedSecret);
    assertEquals(await client.complete(serverShare), sharedSecret);
  });
}
