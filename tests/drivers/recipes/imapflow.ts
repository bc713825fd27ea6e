import tls from "node:tls";
import { ImapFlow, type ImapFlowOptions } from "npm:imapflow@2.10.2";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // imapflow calls it, after STARTTLS unless it is `secure`

export const openImap = (options: ImapFlowOptions, ca: string, cert?: string, key?: string) =>
  new ImapFlow({ doSTARTTLS: !options.secure, ...options, tls: { ca, cert, key } });
