import tls from "node:tls";
import { createTransport } from "npm:nodemailer@10.6.1";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // nodemailer calls it, after STARTTLS unless it is `secure`

export const openMail = (options: object, ca: string, cert?: string, key?: string) =>
  createTransport({ requireTLS: true, ...options, tls: { ca, cert, key } });
