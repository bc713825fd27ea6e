// Copyright 2026 the NSS for Deno authors. MIT license.

/** Cases of CRLs by who signs them. @module */

import { party } from "./_revocation_support.ts";
import {
  besides,
  CA,
  ca,
  crl,
  CRL_KEY,
  type CrlCase,
  crlKey,
  crlKeyOfCa,
  EXPIRED,
  given,
  naming,
  otherRoot,
  renewed,
  renewedRoot,
  revoked,
  root,
  sent,
  silent,
  underRoot,
  usual,
} from "./_crl_case_makers.ts";

/** CRLs of other keys of the authority. */
export const RENEWAL: readonly CrlCase[] = [
  {
    title: "a CRL of the issuer itself",
    make: () => usual([silent(ca)]),
    verdict: "good",
  },
  {
    title: "a CRL of the authority's new key, from the same root",
    make: () => usual([silent(renewed)], sent(renewed)),
    verdict: "good",
  },
  {
    title: "a CRL of the authority's new key, that the application gives",
    make: () => usual([silent(renewed)], given(renewed)),
    verdict: "good",
  },
  {
    title: "a CRL of the authority's new key, that names the certificate",
    make: () => usual([naming(renewed)], sent(renewed)),
    verdict: "revoked",
  },
  {
    title: "a CRL of the root's new key, that its old one certifies",
    make: async () => ({
      leaf: underRoot.certificate,
      path: [],
      root: root.certificate,
      ...sent(renewedRoot),
      crls: [],
      rootCrl: await silent(renewedRoot),
    }),
    verdict: "good",
    openssl: [
      "unknown",
      "-crl_check_all asks for the new key's certificate too, whose only CRL is of the new key itself: by Section 6.1.3 (a) (3) a circle. We refuse the key only if a CRL at hand revokes it",
    ],
  },
  {
    title: "a CRL of the root's new key, that its old one certifies, that names the certificate",
    make: async () => ({
      leaf: underRoot.certificate,
      path: [],
      root: root.certificate,
      ...sent(renewedRoot),
      crls: [],
      rootCrl: await crl(renewedRoot, [revoked(underRoot)]),
    }),
    verdict: "revoked",
    openssl: ["unknown", "as before; what the authority has signed as revoked counts besides"],
  },
  {
    title: "a CRL of the authority's new key, whose certificate is not there",
    make: () => usual([silent(renewed)]),
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_BAD_SIGNATURE", "give its certificate in crlIssuers"],
  },
  {
    title: "a CRL of a key that the authority has certified itself only",
    make: async () => {
      const self = await party(CA);
      return await usual([silent(self)], given(self));
    },
    verdict: "unknown",
    says: [
      "SEC_ERROR_CRL_INVALID",
      'does not lead to "CN=Root", the trust anchor of the certificate',
    ],
  },
  {
    title: "a CRL of another authority of the same name under another root",
    make: async () => {
      const other = await party({ ...CA, issuer: otherRoot });
      return await usual([silent(other)], given(other, otherRoot));
    },
    verdict: "unknown",
    says: [
      "SEC_ERROR_CRL_INVALID",
      'does not lead to "CN=Root", the trust anchor of the certificate',
    ],
  },
  {
    title: "a CRL of another authority of the same name under the same root",
    make: async () => {
      const other = await party({ ...CA, issuer: besides });
      return await usual([silent(other), silent(besides)], sent(other, besides));
    },
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_INVALID", "by authorities that are not those of the certificate"],
    openssl: ["good", "the same trust anchor is the minimum of Section 8, which warns of this"],
  },
  {
    title: "a CRL of another authority of the same name, that the application gives",
    make: async () => {
      const other = await party({ ...CA, issuer: besides });
      return await usual([silent(other), silent(besides)], given(other, besides));
    },
    verdict: "good",
  },
  {
    title: "a CRL of the authority's new key, whose certificate has expired",
    make: async () => {
      const old = await party({ ...CA, issuer: root, ...EXPIRED });
      return await usual([silent(old)], sent(old));
    },
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_INVALID", "it expired at"],
  },
  {
    title: "a CRL of a key whose certificate has expired, that names the certificate",
    make: async () => {
      const old = await party({ ...CA, issuer: root, ...EXPIRED });
      return await usual([naming(old)], sent(old));
    },
    verdict: "revoked",
  },
  {
    title: "a CRL of the authority's new key, which the root has revoked",
    make: async () => ({
      ...await usual([silent(renewed)], sent(renewed)),
      rootCrl: await crl(root, [revoked(renewed)]),
    }),
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_INVALID", "a certificate of its signer is revoked"],
  },
];

/** CRLs of keys for CRLs only. */
export const CRL_KEYS: readonly CrlCase[] = [
  {
    title: "a CRL of a key for CRLs only, from the root",
    make: () => usual([silent(crlKey)], sent(crlKey)),
    verdict: "good",
  },
  {
    title: "a CRL of a key for CRLs only, that names the certificate",
    make: () => usual([naming(crlKey)], sent(crlKey)),
    verdict: "revoked",
  },
  {
    title: "a CRL of a key for CRLs only, from the authority itself",
    make: () => usual([silent(crlKeyOfCa)], sent(crlKeyOfCa)),
    verdict: "good",
    openssl: [
      "unknown",
      "-crl_check_all asks for the CRL key's certificate too, whose only CRL is of the CRL key itself: by Section 6.1.3 (a) (3) a circle. We refuse the key only if a CRL at hand revokes it",
    ],
  },
  {
    title: "a CRL of a key of the authority's that may not sign CRLs",
    make: async () => {
      const options = { issuer: root, extKeyUsage: [], subject: "CN=CA" };
      const signing = await party({ ...options, ...CRL_KEY });
      const { publicKey, privateKey } = signing;
      const weak = await party({ ...options, publicKey, keyUsage: ["digitalSignature"] });
      return await usual([silent({ ...signing, privateKey })], sent(weak));
    },
    verdict: "unknown",
    says: ["SEC_ERROR_INADEQUATE_KEY_USAGE", "has no cRLSign"],
  },
  {
    title: "a CRL of a key for CRLs only, from a root with another name's authority",
    make: async () => {
      const stranger = await party({ subject: "CN=CA", ...CRL_KEY, issuer: otherRoot });
      return await usual([silent(stranger)], given(stranger, otherRoot));
    },
    verdict: "unknown",
    says: [
      "SEC_ERROR_CRL_INVALID",
      'does not lead to "CN=Root", the trust anchor of the certificate',
    ],
  },
  {
    title: "a CRL of a key for CRLs only, that has expired",
    make: async () => {
      const old = await party({ subject: "CN=CA", ...CRL_KEY, issuer: root, ...EXPIRED });
      return await usual([silent(old)], sent(old));
    },
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_INVALID", "it expired at"],
  },
  {
    title: "a CRL of a key for CRLs only, which names that key itself",
    make: () => usual([crl(crlKeyOfCa, [revoked(crlKeyOfCa)])], sent(crlKeyOfCa)),
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_INVALID", "a certificate of its signer is revoked"],
  },
  {
    title: "a CRL of a key for CRLs only, which the root has revoked, that names the certificate",
    make: async () => ({
      ...await usual([naming(crlKey)], sent(crlKey)),
      rootCrl: await crl(root, [revoked(crlKey)]),
    }),
    verdict: "revoked",
    openssl: [
      "unknown",
      "the silence of a revoked key proves nothing, its revocations can only refuse",
    ],
  },
  {
    title: "a CRL of a key for CRLs only, which the root has revoked",
    make: async () => ({
      ...await usual([silent(crlKey)], sent(crlKey)),
      rootCrl: await crl(root, [revoked(crlKey)]),
    }),
    verdict: "unknown",
    says: ["SEC_ERROR_CRL_INVALID", "a certificate of its signer is revoked"],
  },
];
