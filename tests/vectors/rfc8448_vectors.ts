// Copyright 2026 the NSS for Deno authors. MIT license.

// The values of RFC 8448, "Example Handshake Traces for TLS 1.3", sections 3 to 7, in hexadecimal
// digits with white space between them. What the records hold is left out: it must come out of
// them.

/** A key pair of a trace. */
export interface TraceKeyPair {
  /** The private key: the scalar. */
  readonly privateKey: string;
  /** The public key as it goes on the wire. */
  readonly publicKey: string;
}

/** One section of RFC 8448. All use TLS_AES_128_GCM_SHA256. */
export interface Trace {
  /** The section's number. */
  readonly section: number;
  /** The section's title. */
  readonly title: string;
  /** The group that the ends agree on. */
  readonly group: "x25519" | "secp256r1";
  /** The client's key pair in that group. */
  readonly client: TraceKeyPair;
  /** The server's key pair. */
  readonly server: TraceKeyPair;
  /** Secrets and what comes right from them. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The key and iv of each traffic secret. */
  readonly keys: Readonly<Record<string, { readonly key: string; readonly iv: string }>>;
  /** All complete records, in order. */
  readonly records: readonly { readonly from: "client" | "server"; readonly bytes: string }[];
}

/** The traces. */
export const TRACES: readonly Trace[] = [
  {
    section: 3,
    title: "Simple 1-RTT Handshake",
    group: "x25519",
    client: {
      privateKey: "49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005",
      publicKey: "99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c",
    },
    server: {
      privateKey: "b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e",
      publicKey: "c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f",
    },
    secrets: {
      sharedSecret: "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d",
      clientHandshakeTrafficSecret:
        "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
      serverHandshakeTrafficSecret:
        "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
      clientApplicationTrafficSecret0:
        "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
      serverApplicationTrafficSecret0:
        "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
      exporterMasterSecret: "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50",
      resumptionMasterSecret: "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c",
      resumptionPsk: "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3",
    },
    keys: {
      clientHandshakeTraffic: {
        key: "dbfaa693d1762c5b666af5d950258d01",
        iv: "5bd3c71b836e0b76bb73265f",
      },
      serverHandshakeTraffic: {
        key: "3fce516009c21727d0f2e4e86ee403bc",
        iv: "5d313eb2671276ee13000b30",
      },
      clientApplicationTraffic: {
        key: "17422dda596ed5d9acd890e3c63f5051",
        iv: "5b78923dee08579033e523d9",
      },
      serverApplicationTraffic: {
        key: "9f02283b6c9c07efc26bb9f2ac92e356",
        iv: "cf782b88dd83549aadf1e984",
      },
    },
    records: [
      {
        from: "client",
        bytes: `
          16030100c4010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d99
          12ec18a2ef6283024dece7000006130113031302010000910000000b00090000
          06736572766572ff01000100000a00140012001d001700180019010001010102
          0103010400230000003300260024001d002099381de560e4bd43d23d8e435a7d
          bafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e04
          0305030603020308040805080604010501060102010402050206020202002d00
          020101001c00024001
        `,
      },
      {
        from: "server",
        bytes: `
          160303005a020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb
          1434dac155772ed3e2692800130100002e00330024001d0020c9828876112095
          fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304
        `,
      },
      {
        from: "server",
        bytes: `
          17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35e
          df7869fcf40aa40aa2b8ea73f848a7ca07612ef9f945cb960b4068905123ea78
          b111b429ba9191cd05d2a389280f526134aadc7fc78c4b729df828b5ecf7b13b
          d9aefb0e57f271585b8ea9bb355c7c79020716cfb9b1183ef3ab20e37d57a6b9
          d7477609aee6e122a4cf51427325250c7d0e509289444c9b3a648f1d71035d2e
          d65b0e3cdd0cbae8bf2d0b227812cbb360987255cc744110c453baa4fcd61092
          8d809810e4b7ed1a8fd991f06aa6248204797e36a6a73b70a2559c09ead68694
          5ba246ab66e5edd8044b4c6de3fcf2a89441ac66272fd8fb330ef8190579b368
          4596c960bd596eea520a56a8d650f563aad27409960dca63d3e688611ea5e22f
          4415cf9538d51a200c27034272968a264ed6540c84838d89f72c24461aad6d26
          f59ecaba9acbbb317b66d902f4f292a36ac1b639c637ce343117b65962224531
          7b49eeda0c6258f100d7d961ffb138647e92ea330faeea6dfa31c7a84dc3bd7e
          1b7a6c7178af36879018e3f252107f243d243dc7339d5684c8b0378bf30244da
          8c87c843f5e56eb4c5e8280a2b48052cf93b16499a66db7cca71e4599426f7d4
          61e66f99882bd89fc50800becca62d6c74116dbd2972fda1fa80f85df881edbe
          5a37668936b335583b599186dc5c6918a396fa48a181d6b6fa4f9d62d513afbb
          992f2b992f67f8afe67f76913fa388cb5630c8ca01e0c65d11c66a1e2ac4c859
          77b7c7a6999bbf10dc35ae69f5515614636c0b9b68c19ed2e31c0b3b66763038
          ebba42f3b38edc0399f3a9f23faa63978c317fc9fa66a73f60f0504de93b5b84
          5e275592c12335ee340bbc4fddd502784016e4b3be7ef04dda49f4b440a30cb5
          d2af939828fd4ae3794e44f94df5a631ede42c1719bfdabf0253fe5175be898e
          750edc53370d2b
        `,
      },
      {
        from: "client",
        bytes: `
          170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc
          44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546
        `,
      },
      {
        from: "server",
        bytes: `
          17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d4
          1d6af8f6b580dcf3d11d63c758db289a015940252f55713e061dc13e078891a3
          8efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0d4a3d03f75e0
          9c30ba1e62972ac46f75f7b981be63439b2999ce13064615139891d5e4c5b406
          f16e3fc181a77ca475840025db2f0a77f81b5ab05b94c01346755f69232c8651
          9d86cbeeac87aac347d143f9605d64f650db4d023e70e952ca49fe5137121c74
          bc2697687e248746d6df353005f3bce18696129c8153556b3b6c6779b37bf159
          85684f
        `,
      },
      {
        from: "client",
        bytes: `
          1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f
          2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae6
          3aeebb21694915e4
        `,
      },
      {
        from: "server",
        bytes: `
          17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36
          e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf33254
          0dd032e167c2955d
        `,
      },
      {
        from: "client",
        bytes: "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3",
      },
      {
        from: "server",
        bytes: "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9",
      },
    ],
  },
  {
    section: 4,
    title: "Resumed 0-RTT Handshake",
    group: "x25519",
    client: {
      privateKey: "bff91188283846dd6a2134ef7180ca2b0b14fb10dce707b5098c0dddc813b2df",
      publicKey: "e4ffb68ac05f8d96c99da26698346c6be16482badddafe051a66b4f18d668f0b",
    },
    server: {
      privateKey: "de5b4476e7b490b2652d338acbf2948066f255f9440e23b98fc69835298dc107",
      publicKey: "121761ee42c333e1b9e77b60dd57c2053cd94512ab47f115e86eff50942cea31",
    },
    secrets: {
      binderKey: "69fe131a3bbad5d63c64eebcc30e395b9d8107726a13d074e389dbc8a4e47256",
      binderHash: "63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14",
      binder: "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d",
      clientEarlyTrafficSecret: "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62",
      earlyExporterMasterSecret: "b2026866610937d7423e5be90862ccf24c0e6091186d34f812089ff5be2ef7df",
      clientHandshakeTrafficSecret:
        "2faac08f851d35fea3604fcb4de82dc62c9b164a70974d0462e27f1ab278700f",
      serverHandshakeTrafficSecret:
        "fe927ae271312e8bf0275b581c54eef020450dc4ecffaa05a1a35d27518e7803",
      clientApplicationTrafficSecret0:
        "2abbf2b8e381d23dbebe1dd2a7d16a8bf484cb4950d23fb7fb7fa8547062d9a1",
      serverApplicationTrafficSecret0:
        "cc21f1bf8feb7dd5fa505bd9c4b468a9984d554a993dc49e6d285598fb672691",
      exporterMasterSecret: "3fd93d4ffddc98e64b14dd107aedf8ee4add23f4510f58a4592d0b201bee56b4",
      resumptionMasterSecret: "5e95bdf1f89005ea2e9aa0ba85e728e3c19c5fe0c699e3f5bee59faebd0b5406",
      psk: "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3",
    },
    keys: {
      clientEarlyTraffic: {
        key: "920205a5b7bf2115e6fc5c2942834f54",
        iv: "6d475f0993c8e564610db2b9",
      },
      clientHandshakeTraffic: {
        key: "b1530806f4adfeac83f1413032bbfa82",
        iv: "eb50c16be7654abf99dd06d9",
      },
      serverHandshakeTraffic: {
        key: "27c6bdc0a3dcea39a47326d79bc9e4ee",
        iv: "9569ecdd4d0536705e9ef725",
      },
      clientApplicationTraffic: {
        key: "3cf122f301c6358ca7989553250efd72",
        iv: "ab1aec26aa78b8fc1176b9ac",
      },
      serverApplicationTraffic: {
        key: "e857c690a34c5a9129d833619684f95e",
        iv: "0685d6b561aab9ef1013faf9",
      },
    },
    records: [
      {
        from: "client",
        bytes: `
          1603010200010001fc03031bc3ceb6bbe39cff938355b5a50adb6db21b7a6af6
          49d7b4bc419d7876487d95000006130113031302010001cd0000000b00090000
          06736572766572ff01000100000a00140012001d001700180019010001010102
          01030104003300260024001d0020e4ffb68ac05f8d96c99da26698346c6be164
          82badddafe051a66b4f18d668f0b002a0000002b0003020304000d0020001e04
          0305030603020308040805080604010501060102010402050206020202002d00
          020101001c000240010015005700000000000000000000000000000000000000
          0000000000000000000000000000000000000000000000000000000000000000
          0000000000000000000000000000000000000000000000000000000000000000
          00000000002900dd00b800b22c035d829359ee5ff7af4ec900000000262a6494
          dc486d2c8a34cb33fa90bf1b0070ad3c498883c9367c09a2be785abc55cd2260
          97a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce14
          5077d454a3664d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529513e3da267
          7fa5906c5b3f7d8f92f228bda40dda721470f9fbf297b5aea617646fac5c0327
          2e970727c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d357fad6
          aacb0021203add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6f
          a31b9e5f9d
        `,
      },
      {
        from: "client",
        bytes: "1703030017ab1df420e75c457a7cc5d2844f76d5aee4b4edbf049be0",
      },
      {
        from: "server",
        bytes: `
          16030300600200005c03033ccfd2dec890222763472ae8136777c9d7358777bb
          66e91ea5122495f559ea2d00130100003400290002000000330024001d002012
          1761ee42c333e1b9e77b60dd57c2053cd94512ab47f115e86eff50942cea3100
          2b00020304
        `,
      },
      {
        from: "server",
        bytes: `
          1703030061dc48237b4b879f50d0d4d262ea8b4716eb40ddc1eb957e11126e8a
          7149c2d012d37a7115957e64ce30008b9e0323f2c05a9c1c77b4f37849a695ab
          255060a33fee770ca95cb8486bfd0843b87024865ca35cc41c4e515c64dcb136
          9f98635bc7a5
        `,
      },
      {
        from: "client",
        bytes: "1703030015aca6fc944841298df99593725f9bf9754429b12f09",
      },
      {
        from: "client",
        bytes: `
          170303003500f8b467d14cf22a4b3f0b6ae0d8e6cc8d08e0db3515ef5c2bdf19
          22eafbb70009964716d834fb70c3d2a56c5b1f5f6bdba6c333cf
        `,
      },
      {
        from: "client",
        bytes: `
          1703030043b1cebce242aa201be9ae5e1cb2a9aa4b33d4e866af1edb06891923
          7741aa031d7a74d491c99b9d4e232b74206bc6fbaa04fe78be44a9b4f54320a1
          7eb76992afac3103
        `,
      },
      {
        from: "server",
        bytes: `
          1703030043275e9f20acff57bc000657d3867df039cccf79047884cf75771746
          f740b5a83f462a0954c3581393a203a25a7dd14141ef1a37900cdb62ff62dee1
          ba39ab2590cbf194
        `,
      },
      {
        from: "client",
        bytes: "17030300130facce3246bdfc6369838d6a82ae6de5d422dc",
      },
      {
        from: "server",
        bytes: "17030300135b18af444e8e1eec7158fb62d8f2577d37ba5d",
      },
    ],
  },
  {
    section: 5,
    title: "HelloRetryRequest",
    group: "secp256r1",
    client: {
      privateKey: "ab5473467e19346ceb0a0414e41da21d4d2445bc3025afe97c4e8dc8d513da39",
      publicKey: `
        04a6da7392ec591e17abfd535964b99894d13befb221b3def2ebe3830eac8f01
        51812677c4d6d2237e85cf01d6910cfb83954e76ba7352830534159897e80657
        80
      `,
    },
    server: {
      privateKey: "8c510601f9765bfb8ed693449a48989859b5cfa879cb9f5443c41c5ff10634ed",
      publicKey: `
        04583e054b7a66672ae020ad9d2686fcc85b5ad41a134a0f03ee72b893052bd8
        5b4c8de6776f5b04ac07d83540eab3e3d9c547bc6528c4317d294686093a6cad
        7d
      `,
    },
    secrets: {
      sharedSecret: "c142ce13ca11b5c2233652e63ad3d97844f1621fbfb9de69d547dc8fedeabeb4",
      clientHandshakeTrafficSecret:
        "158aa7ab8855073582b41d674b4055cabcc534728f659314861b4e08e2011566",
      serverHandshakeTrafficSecret:
        "3403e781e2af7b6508da28574f6e95a1abf162de83a97927c37672a4a0cef8a1",
      clientApplicationTrafficSecret0:
        "75ecf4b972525aa0dcd057c9944d4cd5d82671d8843141d7dc2a4ff15a21dc51",
      serverApplicationTrafficSecret0:
        "5c74f87df04225db0f8209c9de6429e49435fdefa7cad61864874d12f31cfc8d",
      exporterMasterSecret: "7c06d3ae106a3a374ace4837b3985cac67780a6e2c5c04b58319d584df09d223",
      resumptionMasterSecret: "09170c6d472721566f9cf99b08699daff561ec8fb22d5a32c3f94ce009b69975",
    },
    keys: {
      clientHandshakeTraffic: {
        key: "2f1f918663d590e7421149a29d94b0b6",
        iv: "414d5485235e1a688793bd74",
      },
      serverHandshakeTraffic: {
        key: "4646bfac1712c426cd78d8a24a8a6f6b",
        iv: "c7d395c08d62f297d13768ea",
      },
      clientApplicationTraffic: {
        key: "a7eb2a0525eb4331d58fcbf9f7ca2e9c",
        iv: "86e8be227c1bd2b3e39cb444",
      },
      serverApplicationTraffic: {
        key: "f27a5d97bd25550c4823b0f3e5d29388",
        iv: "0dd631f7b71cbbc797c35fe7",
      },
    },
    records: [
      {
        from: "client",
        bytes: `
          16030100b4010000b00303b0b1c5a5aa37c5919f2ed1d5c6fff7fcb784971694
          5a2b8cee9258a346677b6f000006130113031302010000810000000b00090000
          06736572766572ff01000100000a00080006001d00170018003300260024001d
          0020e8e8e3f3b93a25ed97a14a7dcacb8a272c6288e585c6484d05262fcad062
          ad1f002b0003020304000d0020001e0403050306030203080408050806040105
          01060102010402050206020202002d00020101001c00024001
        `,
      },
      {
        from: "server",
        bytes: `
          16030300b0020000ac0303cf21ad74e59a6111be1d8c021e65b891c2a211167a
          bb8c5e079e09e2c8a8339c001301000084003300020017002c0074007271dcd0
          4bb88bc3189119398a00000000eefafc76c146b823b096f8aacad365dd003095
          3f4edf625636e5f21bb2e23fcc654b1b5b40318d10d137abcbb87574e36e8a1f
          025f7dfa5d6e50781b5eda4aa15b0c8be778257d16aa3030e9e7841dd9e4c034
          2267e8ca0caf571fb2b7cff0f934b0002b00020304
        `,
      },
      {
        from: "client",
        bytes: `
          1603030200010001fc0303b0b1c5a5aa37c5919f2ed1d5c6fff7fcb784971694
          5a2b8cee9258a346677b6f000006130113031302010001cd0000000b00090000
          06736572766572ff01000100000a00080006001d001700180033004700450017
          004104a6da7392ec591e17abfd535964b99894d13befb221b3def2ebe3830eac
          8f0151812677c4d6d2237e85cf01d6910cfb83954e76ba7352830534159897e8
          065780002b0003020304000d0020001e04030503060302030804080508060401
          0501060102010402050206020202002c0074007271dcd04bb88bc3189119398a
          00000000eefafc76c146b823b096f8aacad365dd0030953f4edf625636e5f21b
          b2e23fcc654b1b5b40318d10d137abcbb87574e36e8a1f025f7dfa5d6e50781b
          5eda4aa15b0c8be778257d16aa3030e9e7841dd9e4c0342267e8ca0caf571fb2
          b7cff0f934b0002d00020101001c00024001001500af00000000000000000000
          0000000000000000000000000000000000000000000000000000000000000000
          0000000000000000000000000000000000000000000000000000000000000000
          0000000000000000000000000000000000000000000000000000000000000000
          0000000000000000000000000000000000000000000000000000000000000000
          0000000000000000000000000000000000000000000000000000000000000000
          0000000000
        `,
      },
      {
        from: "server",
        bytes: `
          160303007b020000770303bb341d847fd789c47c387172dc0c9bf147fccacb50
          43d86ca4c598d3ff571b9800130100004f003300450017004104583e054b7a66
          672ae020ad9d2686fcc85b5ad41a134a0f03ee72b893052bd85b4c8de6776f5b
          04ac07d83540eab3e3d9c547bc6528c4317d294686093a6cad7d002b00020304
        `,
      },
      {
        from: "server",
        bytes: `
          170303029699bee20baf5b7fc727bfab6223928a381e6d0cf9c4da653f9d2a7b
          23f7de11cce842d5cf75631763450ffb8b0cc1d238e658af7a12adc86243114a
          b14a1da2fae42621ce483fb6242eabfaad52566b02b31d2eddedefeb80e66a99
          00d5f973b40c4fdf74719ecf1b68d7f9c3b6ceb903ca13dd1bb8f8187ae33417
          e1d152522c5822a1a03ad52c838c55953d610222874cce8e1790b229a2aa0b53
          c8d377ee720182951dc6181dc5d90bd1f0105ed1e84aa5f75957c6661897079e
          5ea5007449e3197bdc7c9beeedddeafdd844afa5c315ecfe65e576afe9098128
          80620ec7048b42d7f5c78d76f299d6d82534bdd8f512febc0ed3814aca470cd8
          000d3e1cb9962b052fbb950df683a52c2ba77ed3713b122937a6e5170964e2ab
          7969dcd980b3db9b458da7603124d6dc005e4d6e04b4d0c4baf3275db827dbba
          0a6db09672171fc057b3851d7e026841e2978fbd2346bbefdd0376bb1108fe9a
          cc92189f5650aa5e85d8e8c7b67ac510dba003d3d7e16350bb66d45013efd44c
          9b607c0d318c4c7d1a1f5cbc57e20611804e3787d7b4a4b5f08ed8fd70bdaead
          e02260b12ab842ef690b4a3ee7911e841b374ecd5ebbbc2a54d047b600336dd7
          d0c88b4bc10e58ee6cb656de7247fa20d8e91deb84628608cf80615b62e96c14
          91c7ac3755eb6901405d3474fe1ac79d106a0cee56c2577fc88480f96cb6b8c6
          81b7b68b53c146093908f350888175bdfb0b1e31ad61e30ba0adfe6d223aa03c
          0783b5001a57587c328a9afcfcfb978d1cd4328f7d9d60530e630befd96c0c81
          6ee20b0100768ae2a6df51fc68f172740a79af11398ee3be1252491fa9c69347
          9e877f94ab7c5f8cad480203e6ab7b87dd71e8a0729113df17f5eee86ce108d1
          d72007ec1cd13c85a6c149621e77b7d78d805a30f0be030c315e54
        `,
      },
      {
        from: "client",
        bytes: `
          1703030035d74f1923c662fd34137c6f502f3dd2b93d951d1b3bc97e42afe23c
          31abea92fe91b474999e85e3b791ce252fe8c3e9f939a4120cb2
        `,
      },
      {
        from: "client",
        bytes: "17030300132ea6cdf749196023e2b3a49491695536426047",
      },
      {
        from: "server",
        bytes: "1703030013519fc5075cb0884349759ff9ef6f011bb4c6f2",
      },
    ],
  },
  {
    section: 6,
    title: "Client Authentication",
    group: "x25519",
    client: {
      privateKey: "c040b2bb8f3addd20fd4058c547003a3c6f9c1cd915d5e535c87d8d191aaf071",
      publicKey: "089cc2671f738d9a671e5b2e464981d05b76e361aa22aea91f1d49ca10a7a362",
    },
    server: {
      privateKey: "7382a5ad1cdd2056ae18cc708bd007d98130dbe2cd4d9ead9b96952becbb0888",
      publicKey: "6c2e50e865919a6b5a12dfaf918f92b442567b0f89bc54478c6921366658f062",
    },
    secrets: {
      clientHandshakeTrafficSecret:
        "cec7a30c6872070f22a7eeb065768db67c45e29533db879908ce6dc66f5911de",
      serverHandshakeTrafficSecret:
        "8b02d3c00442a2722c4098ebe8675b23e801510f0d7ed778d8eb0b8f42a19a5e",
      clientApplicationTrafficSecret0:
        "73c2e890fa8d067258d6d50fa92fe456b098cf00d9727eed91e8892ef4e6f860",
      serverApplicationTrafficSecret0:
        "c49a91faf57f8c545d5048a015bf849ff63942e4a7edcd319f8b438a97c52e21",
      exporterMasterSecret: "052e39795e5f2be6e4e0974cfdd86c6a7afe3e57e5589810a3cccf642958beb2",
      resumptionMasterSecret: "1006dccbf40eb4eb978bff0392a9e452a4fbad58aa14784d5a241c6b49daccfb",
    },
    keys: {
      clientHandshakeTraffic: {
        key: "916948f728d9823fa41a004d083f217f",
        iv: "64153d79bac9ea10ca5a0a88",
      },
      serverHandshakeTraffic: {
        key: "6cb6e60619d8c7355c5d4c4bc2be90d5",
        iv: "64f239530c3b888fde85e0be",
      },
      clientApplicationTraffic: {
        key: "cdc09c806aa8f86dfcd51efc44a0c039",
        iv: "6ef852e78b46d913668e53e7",
      },
      serverApplicationTraffic: {
        key: "88b3123ddecadf8c1ba298e2c18176b0",
        iv: "4e0978513f9de8327c08e4f3",
      },
    },
    records: [
      {
        from: "client",
        bytes: `
          16030100c0010000bc03036a472236328b83af40386d3a3e1f1ce624fa4ed89a
          b865a4ff0f4144ce3ae2330000061301130313020100008d0000000b00090000
          06736572766572ff01000100000a00140012001d001700180019010001010102
          01030104003300260024001d0020089cc2671f738d9a671e5b2e464981d05b76
          e361aa22aea91f1d49ca10a7a362002b0003020304000d0020001e0403050306
          03020308040805080604010501060102010402050206020202002d0002010100
          1c00024001
        `,
      },
      {
        from: "server",
        bytes: `
          160303005a0200005603033b50fdf1c3d572e40e68953e7fff4e2758459c59af
          a0582c0ea032874255fe6e00130100002e00330024001d00206c2e50e865919a
          6b5a12dfaf918f92b442567b0f89bc54478c6921366658f062002b00020304
        `,
      },
      {
        from: "server",
        bytes: `
          17030302166d0a7ac079b32a94aa68c4e2893e8bd0d3c185f549c236fbbce3d6
          47f08f3c94a2bf424d8708883605ad8955f97718b0213dead13dfb23ebb8381d
          a582756612bcb5a5d40847719fbe9f179bfae656f3ecfd59a4c0d35132ce418a
          7e46f6b6a60622f8a6c06b28d83360163563be9c37f97eb902326924a72b3ed8
          c8381277d1581cab9c3715ac2401398467ad7ebfab3d0c3419e750104f7d62c5
          027901f2e4cd4ca5b8071eb03d3c732d83215066dfc4d291d4c1ff3b8d7e4298
          f677d4d51dea1168d8f16cb27ba40266313a1fedf9e23cc77f765450f9e96f05
          d08f3da245b14d4946f07ec81eed6d56f26bd574f0b7f7c7047037c16fce3b23
          754e662fad73e2b7213f6af296769c99a1d38e6232e0ec8dc4f84d6aa6f7de38
          87be0057862f9018e0ab396705aa4090ab5f2dff6325a557e7320d4effd46bb4
          f997d163207cce6665294aa4465541e3fe37ee7350659ea550d6dcb6af3c5188
          52c7a14c3cc15bc32b3273bdf1751da184203135b117d300204fb12d58ca9ac3
          4b68eca27030832f7a4b46d2a55757f63fe8f6e85ac47469e6198da88a64586b
          f23c69590de822263be75fd836847240c48f8c145cd6bd698962e7edc234ebe5
          9231351eef8d7652cf3b08ab3af6e5ec74c58a8da34b39f9b0d6c4279a9a1f82
          071729e7059dd7f7b95b9433c4684ce1891a6d33432d52eddb0b8cee9181d403
          eccc12991f1ad4aa62c36049713a7bb135fdda6661a05a93f8c16f
        `,
      },
      {
        from: "client",
        bytes: `
          1703030280b46a63934e673841abaf267403bc677f6b6d2a1e2f12bb5f62683b
          fe36a82673f06d6287ddd609bcf2f5fd3225923d24af3c76682c180ee571a17c
          a4bfbe2f510dc9a0e1fca5cff2cee87d11cb531a6ef90bf5309a6b63bbbc0b88
          ea45103a4304091543859fa11ec032ed873444cd5185ead5f6a76420f0f0286a
          cef802c8e4788c23275f1b06da600f4a7decd0bc59d7bef10e649ae32690397f
          c3d4ed6f30f801d8cd569b71ad4fa05ea7cf2ac2dfa150d220505d4011b34d09
          d53853eba61a101e4f8dca47d8171a884b19259a3dd48c5ac141983edc77814d
          25e7f66bbbdb9096839266e06561828ecfb27eafd4e9e81a0b96e3bfa42dae5a
          d80359b9a6661402c3a2104177030106dbd8f65bb6a0159d512eb13af22a259f
          313bd58c2e21fe053d57f2a962b0a4ea682c96f70b79b560136192823b27be6a
          2fb7b1c751ccc0e3303615541485b7b307b423332c11efa80b72f9b80a53e53f
          7bb38a3af4c59f8008bad0544e5614e688ff57bccd6935f81f447f420c1c1bf4
          058818e90bf5dc716ccae42524856df8250bcdbd7af65f82dd53061d024f6d2f
          f5c11e3792a9a70e0ee2a3c20a1b968ac391f8f92831135d25242ada2fe241c2
          653ec996339dfa12dfae7a3373df88b07ca27aef6dc266a25f13f75c76039c1f
          46fd7a53ae6399c999f4b2aee18e480d6d12bfae226bbdc92a6ad50b4d3bac7a
          bc3b3651eb5be56f33bf41127b3ca886dc714a50d1490357bd40d9fd6be42209
          a4ddb9ebb2987e29f120f05814614d2c79320015b461fe7324447670a1af5f65
          caed15b474ab7faa495016adf808e53b94ef54afbb0e0a3a2732ab597f7d5923
          c77386aa5124731f8cc73e703b341c175a454939a77ab64313c15cf3fe03c4f3
          3842564976
        `,
      },
      {
        from: "client",
        bytes: "1703030013e4ad7d44c29245339d355962c779b89ef44c58",
      },
      {
        from: "server",
        bytes: "17030300131decc5d6e64bba8a6f21b4fd077497da2a90cb",
      },
    ],
  },
  {
    section: 7,
    title: "Compatibility Mode",
    group: "x25519",
    client: {
      privateKey: "dea00b45695dc781f19d34a62c1afd31ab4369af1e855a3bbb258d8442cde6d7",
      publicKey: "8e7292cf3056dbb0d25fcbe55c107dc9bbf83dd9708f39203ba341249a7d9b63",
    },
    server: {
      privateKey: "017c38a3647921ca2d9ed6bd7ae7132b94211b1331bb208c8ccdd51556409995",
      publicKey: "3e30f0f4ba551afd62768341175f5265e4daf0c8841617aa4fafdd2142320c22",
    },
    secrets: {
      clientHandshakeTrafficSecret:
        "2c3cb24a1081edb59518ee6861e89a6b72b3801afe7713e4cbbc21c0795bf831",
      serverHandshakeTrafficSecret:
        "cace3d555cc1c577cf970cff28cf978d6a9800085442e18d695b50f3151d18c8",
      clientApplicationTrafficSecret0:
        "743e4c6b56cf3909d1b06d01956ccd2c4b37758449aec41d98dae44924eaa299",
      serverApplicationTrafficSecret0:
        "b6b8144aa335ed3059c0c9c8f0ecabf7afc94af6643bdecdfd9210188fab7451",
      exporterMasterSecret: "fb69121cea334db459e12272d179baca2369b643d11a6ac72b8b27a5c964feb1",
      resumptionMasterSecret: "0b5d4407cea0a42a3a81dd477647b7fe9180db297e5114f1ad8796b4dc475004",
    },
    keys: {
      clientHandshakeTraffic: {
        key: "62d13c13ffd7402fc1c09e3d163665cb",
        iv: "7166f20028bf146dcfbd5a40",
      },
      serverHandshakeTraffic: {
        key: "041091fdab29f2c8abfb156dc5fc8d54",
        iv: "7464d791685de05998fcbadb",
      },
      clientApplicationTraffic: {
        key: "33d7f9709756c966488ad4438437e673",
        iv: "c5f30d34b0e91b7d6c8eea65",
      },
      serverApplicationTraffic: {
        key: "edc4cbd0041c28cc7167441d7ca53e6a",
        iv: "bf6c7d8e0a9545b427dcf139",
      },
    },
    records: [
      {
        from: "client",
        bytes: `
          16030100e0010000dc03034e640a3f2c2738f09c9418bd78edccd7559d053119
          9276d4d92a0e9ee9d77d0920a80c165581a8e0d06c0018d54d3a06dd32cfd405
          1eb026fad3fd0ba99269e6ef00061301130313020100008d0000000b00090000
          06736572766572ff01000100000a00140012001d001700180019010001010102
          01030104003300260024001d00208e7292cf3056dbb0d25fcbe55c107dc9bbf8
          3dd9708f39203ba341249a7d9b63002b0003020304000d0020001e0403050306
          03020308040805080604010501060102010402050206020202002d0002010100
          1c00024001
        `,
      },
      {
        from: "server",
        bytes: `
          160303007a020000760303e5dd5948c435f7a38f0f0130708dc322d9df09abd4
          838117c183a7bb6d994f2c20a80c165581a8e0d06c0018d54d3a06dd32cfd405
          1eb026fad3fd0ba99269e6ef130100002e00330024001d00203e30f0f4ba551a
          fd62768341175f5265e4daf0c8841617aa4fafdd2142320c22002b00020304
        `,
      },
      {
        from: "server",
        bytes: "140303000101",
      },
      {
        from: "server",
        bytes: `
          17030302a248de891d9c3624a67a6c6f0601ab7ac20c1f6a9e14d2e6007e999e
          130367a8af1bcfea9498fbce19df4505eece3a25da523cbe55ea1b3bda4e9199
          5e455d500a4faa6227b7111e1c8547e2d7c179db215303d25827f3cd18f48f64
          91328cf5c0f814d388150bd9e9264aae491db6995069bea17665d5e0c817284d
          4ac21880054c3657331e23a9304dc88a15c04ec80bd3852bf7f9d3c6615b15fa
          c83bbca031c6d2310d9f5d7a4b020a4f7c19062b65c05a1d3264b557ec9d8e0f
          7cee27e36f793039de8dd96edfca9009e0651034bff31d7f349eece01d99fcb5
          fcab840d7707c72299c3b5d04564e880a33c5e846c762e3d922bb55303d1d87c
          c0f06573f17dcb9b8ffd35bbd883c1cb3aa24fcc325005f768ce2fb624ca97b6
          c4d98e17f35bc2c7940a06100c2d448db7180b2d862164435c9c210e9860394e
          05aab23ff1b0203f662c588da5bc4411477a30b41136c488a0a63fcab5c15ac6
          13226dae827a1d1fe95ece6b30bcee1560a8d408d264555e760f9bfc624c2c87
          fd0456c9bfb41bcd1a7b212786d2b67fd57804facfa1eef7cf2919d8b998c978
          9f763b4d9caa093a9ded43175d46a76b4d54f0ce0c5d2259b607e30a9d241263
          874fa59d6f570dc40d83a2d83bf9e9850d454c57806535a8998ae0357df92f00
          b9667344c24114ccc9ef539124b204e7e6e748c30a28a3d1d183997243eaccbb
          d33b0c1115a0327106a1e6a75271d4983086f632ff0eb8b4c63102cbcef5bb72
          dae1279d5de8eb19096d8cdb07fa8ea989788fac23e66e0488c193f3f3fea8c8
          838896bf3ae4b6848d42ced4bdf41abe6fc331b44225e7a1f7d3564147d5458e
          71aa909cb02be958bbc42e3aa5a27cc6eaf4b6fe51ae4495694d8ab6320aab92
          0183fd5b31a359042fbd67391ec5e4d1892a2e5210141a494e9301b24a113c47
          4c7f2a73457847
        `,
      },
      {
        from: "client",
        bytes: "140303000101",
      },
      {
        from: "client",
        bytes: `
          170303003532d030e273773a8696c799981af6ced07f87482e81565e394e87c8
          67f33df3d65b7506f1a626af91d4821d5f7a1f210ef8dd3c6d16
        `,
      },
      {
        from: "client",
        bytes: "17030300130f629155382dba23c4e2c5f7f84e6f2ed3083d",
      },
      {
        from: "server",
        bytes: "1703030013b7257b0fecaf69d4f09e3f891e2a25d1e28845",
      },
    ],
  },
];
