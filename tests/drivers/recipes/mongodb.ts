import tls from "node:tls";
import { MongoClient } from "npm:mongodb@7.9.0";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // mongodb calls it

export const openMongo = (url: string, ca: string, cert?: string, key?: string) =>
  new MongoClient(url, { tls: true, ca, cert, key });
