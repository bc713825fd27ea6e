// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  createCertificate,
  encodePem,
  encodePkcs7Certificates,
  parseCertificate,
  parseCertificatesPem,
  parseCrl,
  parsePkcs7Certificates,
} from "@nss/nss/cert";
import { decodePem } from "@nss/nss/cert/der";
import { exportPrivateKeyPem, generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
import { newModel } from "@nss/nss/ssl";
import { DerWriter } from "../../cert/der/der_writer.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Files of certificates, keys and lists";

const keys = await generateKeyPair("ec-p256", { extractable: true });
const cert = await createCertificate({ ...keys, dnsNames: ["server.example"] });
const pem = cert.toPem();
const key = await exportPrivateKeyPem(keys.privateKey);
const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = new Uint8Array(Uint16Array.from(pem, (unit) => unit.charCodeAt(0)).buffer);
const cut = encodePem("CERTIFICATE", new Uint8Array(96));
const limited = new DerWriter().raw(cert.der)
  .sequence((w) => w.sequence((w) => w.oid("1.3.6.1.5.5.7.3.4"))).finish();

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "an environment variable with `\\n` in place of line breaks",
    make: () => newModel({ caCerts: [pem.replaceAll("\n", "\\n")] }),
    name: "SEC_ERROR_BAD_DER",
    says:
      'Cannot use option caCerts[0]: line 1: the line breaks are written as the two characters \\n, as in an environment variable; make them line breaks first: text.replaceAll("\\\\n", "\\n")',
  },
  {
    mistake: "a key from JSON text that was not parsed",
    make: () => newModel({ role: "server", certificates: [{ cert, key: JSON.stringify(key) }] }),
    name: "SEC_ERROR_NO_KEY",
    says:
      'Cannot use the key given for certificate "": the line breaks are written as the two characters \\n, as in an environment variable; make them line breaks first: text.replaceAll("\\\\n", "\\n")',
  },
  {
    mistake: "UTF-16 from PowerShell, read as text (its bytes are taken)",
    make: () => parseCertificate(new TextDecoder().decode(utf16)),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot parse certificate: there is none: the text is UTF-16 that was read as UTF-8; give the bytes of the file, as readFile() reads them",
  },
  {
    mistake: "an empty file",
    make: () => newModel({ caCerts: [new Uint8Array()] }),
    name: "SEC_ERROR_BAD_DER",
    says: "Cannot use option caCerts[0]: it is empty",
  },
  {
    mistake: "the file of the key as `cert`",
    make: () => newModel({ role: "server", certificates: [{ cert: utf8(key), key }] }),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot use option certificates[0].cert: the text holds only PRIVATE KEY, and no CERTIFICATE",
  },
  {
    mistake: "the file of the certificate as `ocsp`",
    make: () => newModel({ role: "server", certificates: [{ cert, key, ocsp: utf8(pem) }] }),
    name: "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
    says:
      "Cannot use option certificates[0].ocsp: the text holds only CERTIFICATE, and no OCSP RESPONSE",
  },
  {
    mistake: "base64 without the lines around it",
    make: () => parseCertificatesPem(pem.replaceAll(/-----.*\n/g, "")),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot parse certificate: there is none: the text is base64 without the lines -----BEGIN and -----END around it",
  },
  {
    mistake: "a header of a proxy, which is percent-encoded",
    make: () => parseCertificate(encodeURIComponent(pem)),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot parse certificate: there is none: the text is percent-encoded; decodeURIComponent() decodes it",
  },
  {
    mistake: "a page of a web server in place of a CRL",
    make: () => parseCrl(utf8("<html>\n<p>Not found\n</html>\n")),
    name: "SEC_ERROR_CRL_INVALID",
    says: "Cannot parse CRL: there is none: the text holds no PEM block",
  },
  {
    mistake: "a chain, given to what reads one certificate",
    make: () => parseCertificate(pem + pem),
    name: "SEC_ERROR_BAD_DER",
    says: "Cannot parse certificate: there are 2; parseCertificatesPem() reads them all",
  },
  {
    mistake: "a file that was cut",
    make: () => parseCertificatesPem(cut + cut.slice(0, -30)),
    name: "SEC_ERROR_BAD_DER",
    says: 'Cannot parse certificate: line 5: the block "CERTIFICATE" has no end',
  },
  {
    mistake: "a hyphen that was lost",
    make: () => parseCertificatesPem(`# my root\n${pem.replace("E-----", "E----")}`),
    name: "SEC_ERROR_BAD_DER",
    says:
      'Cannot parse certificate: line 2: the line "-----BEGIN" does not end in a label and five hyphens',
  },
  {
    mistake: "a PKCS #7 file in DER, given to what reads a certificate",
    make: () => parseCertificate(encodePkcs7Certificates([cert])),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot parse certificate: at byte 4: this is PKCS #7, which parsePkcs7Certificates() reads",
  },
  {
    mistake: "a certificate, given to what reads PKCS #7",
    make: () => parsePkcs7Certificates(pem),
    name: "SEC_ERROR_BAD_DER",
    says: "Cannot parse PKCS #7: there is none: the text holds only CERTIFICATE, and no PKCS7",
  },
  {
    mistake: "a file of OpenSSL's that limits its root to e-mail",
    make: () => newModel({ caCerts: [encodePem("TRUSTED CERTIFICATE", limited)] }),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot use option caCerts[0]: OpenSSL's settings limit its uses, which would be lost here; the certificate without them is written by `openssl x509 -in old.pem -out new.pem`",
  },
  {
    mistake: "PEM of a key, given to `importPkcs12`",
    make: () => importPkcs12(key, "password"),
    name: "SEC_ERROR_PKCS12_DECODING_PFX",
    says: "Cannot import PKCS#12: there is none: the text holds only PRIVATE KEY, and no PKCS12",
  },
  {
    mistake: "`decodePem()` of DER",
    make: () => decodePem(cert.der),
    name: "SEC_ERROR_BAD_DER",
    says:
      'Cannot parse PEM: the bytes have no "-----BEGIN "; if they are DER, there is no PEM to decode',
  },
];
