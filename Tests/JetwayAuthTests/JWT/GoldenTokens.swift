import JetwayAuth

/// Keys and tokens that joserfc 1.6.5 made (`scripts/make-golden-tokens`).
///
/// The payload of each: `"iss": "https://idp.example.com", "aud": ["flight", "account"], "sub": "alice"`, good from 1,900,000,000
/// for an hour, with groups, nested roles and an organisation.
struct GoldenToken: Sendable {
    let algorithm: SignatureAlgorithm
    let jwk: String
    let token: String

    private init(algorithm: SignatureAlgorithm, jwk: String, token: String) {
        self.algorithm = algorithm
        self.jwk = jwk.filter { $0 != "\n" }
        self.token = token.filter { $0 != "\n" }
    }

    static let all = [
        GoldenToken(
            algorithm: .rs256,
            jwk: #"""
                {"n":"3GTnrTbgo-NlDA7nfin6DENUlf_P_AIZYB2DpJqaP6W8kfQhSMLtpNVfalD5enKEjIPpVoWmI3eaPYOQT8brpLqIA2a76I
                sDBAyOI3rshzjiAllfTOeITnaMFvuhBBsu7ZQ3e8T8vY14Y7Elw4iIFF9lrPrFz4wtylzNDb29mbpzx0H-7d9Lp7cHJBE0urVNqu
                I36d5qHDSKoqUgw-EDoEkzohw6Gsrn1t3h3TosXAvbr-wldImj8nQBZvwcVWmze2nWPg0AJXtxo5g9-vpyu5ZDfV57KK6ZXkhlmR
                ke5MbmvET9pnDNxHhDf6tmVFh8s7Ke4Ay1BXP8NCNsGYrbBw","e":"AQAB","kty":"RSA","kid":"RS256","use":"sig","
                alg":"RS256"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6IlJTMjU2In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.EzvPVTP
                xm_mkgc5Rju3UPmXYMjhT6nW3Ytvh0yVqE_6EtgIzHMd0MeRrs7oKDvDgJ0bbL8wqGpe9MQNUgCo7wvre_0R-2BDQpyDepkhBT_b
                Iyz69Dh-MTupWnKV8txLXX2RJE1g3ZhKQizruwo-aKMmtDpteWkUlm7lxCZbhrfe3kGUIw6izY94Mu4WHZHa3EZm91nuT0GCSGRS
                Y3zN8jcHl1jaAyNUeGSy0lhrrZeM-7IpajhZ3KZrVNzJPFhw06bE32-rQw__bsdTWq7v5PwTJSzYXlsj785sqRFUowT8iMZLQeKh
                dTh_3UidUKwHXnMLInznEeVLyXTC0hNQXtA
                """#),
        GoldenToken(
            algorithm: .rs384,
            jwk: #"""
                {"n":"3GTnrTbgo-NlDA7nfin6DENUlf_P_AIZYB2DpJqaP6W8kfQhSMLtpNVfalD5enKEjIPpVoWmI3eaPYOQT8brpLqIA2a76I
                sDBAyOI3rshzjiAllfTOeITnaMFvuhBBsu7ZQ3e8T8vY14Y7Elw4iIFF9lrPrFz4wtylzNDb29mbpzx0H-7d9Lp7cHJBE0urVNqu
                I36d5qHDSKoqUgw-EDoEkzohw6Gsrn1t3h3TosXAvbr-wldImj8nQBZvwcVWmze2nWPg0AJXtxo5g9-vpyu5ZDfV57KK6ZXkhlmR
                ke5MbmvET9pnDNxHhDf6tmVFh8s7Ke4Ay1BXP8NCNsGYrbBw","e":"AQAB","kty":"RSA","kid":"RS384","use":"sig","
                alg":"RS384"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzM4NCIsImtpZCI6IlJTMzg0In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.a6Y1s82
                6OiINVSUfZRH17AIkXblwjlMfMUCUa6tSLPnSj8eqAkQ95J5CKJNNWmEMh9sQ1noAVtCsilK4kEzV9e2CyFFOFC8XPpJk29n8I3d
                MSnBlQKhCPKbptFGbNhD6S4VoOd1fMuBekRm5DLWeeavUqEwnHsVL_m1nSX2a9Ux95bn-ntvIdeP0WjdUqtY4vUlXiMTWhkGhuzo
                DU2ohpLcsm91U3h2xeHzxu9-p4HWAtIpNcDrk3wjFHgiexad7B14Vk8AJWCongqnaGdrYrAk_oFnro1nRcufl1TT65nr4gRsZM48
                isbKWhma99lBDMrsxK9B7V_Cpqtjrv0BPhA
                """#),
        GoldenToken(
            algorithm: .rs512,
            jwk: #"""
                {"n":"3GTnrTbgo-NlDA7nfin6DENUlf_P_AIZYB2DpJqaP6W8kfQhSMLtpNVfalD5enKEjIPpVoWmI3eaPYOQT8brpLqIA2a76I
                sDBAyOI3rshzjiAllfTOeITnaMFvuhBBsu7ZQ3e8T8vY14Y7Elw4iIFF9lrPrFz4wtylzNDb29mbpzx0H-7d9Lp7cHJBE0urVNqu
                I36d5qHDSKoqUgw-EDoEkzohw6Gsrn1t3h3TosXAvbr-wldImj8nQBZvwcVWmze2nWPg0AJXtxo5g9-vpyu5ZDfV57KK6ZXkhlmR
                ke5MbmvET9pnDNxHhDf6tmVFh8s7Ke4Ay1BXP8NCNsGYrbBw","e":"AQAB","kty":"RSA","kid":"RS512","use":"sig","
                alg":"RS512"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzUxMiIsImtpZCI6IlJTNTEyIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.FRpGrHR
                hTS4z0G9Cx45wGdZThBjL-ujwosIC0yzForVSggCY6_tG6ZNIJDjnlfCP_UuCviTw4Zm2Eyilm10ltvoNLHDmXZQ122HeGNOmIsr
                iWYvVNNwhb0-DxR041djv5hptxYZGZRcFqou_1C9DzUicS0ArvFvCFsuoxFxqNPzbmBbjj2rMyMVBLptvZQv8eaOOE-So9WXYAP7
                npERjSgZQJVhc8G9RhHlOlNz_MLD5PhpvlhfOzY67GbfsfaIrbu1jETD4afcL9GHutV_DqgwqfIh-QeCGJ5WW-jEaDC1xCgYaRUh
                VVclEaxv1BRNWUp0cUEwUaP2HoyJ5bpX-hQ
                """#),
        GoldenToken(
            algorithm: .ps256,
            jwk: #"""
                {"n":"3GTnrTbgo-NlDA7nfin6DENUlf_P_AIZYB2DpJqaP6W8kfQhSMLtpNVfalD5enKEjIPpVoWmI3eaPYOQT8brpLqIA2a76I
                sDBAyOI3rshzjiAllfTOeITnaMFvuhBBsu7ZQ3e8T8vY14Y7Elw4iIFF9lrPrFz4wtylzNDb29mbpzx0H-7d9Lp7cHJBE0urVNqu
                I36d5qHDSKoqUgw-EDoEkzohw6Gsrn1t3h3TosXAvbr-wldImj8nQBZvwcVWmze2nWPg0AJXtxo5g9-vpyu5ZDfV57KK6ZXkhlmR
                ke5MbmvET9pnDNxHhDf6tmVFh8s7Ke4Ay1BXP8NCNsGYrbBw","e":"AQAB","kty":"RSA","kid":"PS256","use":"sig","
                alg":"PS256"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJQUzI1NiIsImtpZCI6IlBTMjU2In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.rksEY3d
                ypl1WbPQhphmiYec0jqNmfT11eIVMGqYx7fPCiApJb1Zex61iGzriroblop6yI3CuLdxOlw_l-c6VFDDkZbZ_ufRLHJJpxaMgTCs
                F9NP3mjMQbndOESB8xY7_FT1-CUe4I-Gyw2oFVFONKPCq-UIapjdx2lDgRHmc1nc92G4wIDEi2jJzm3JxxcrrwzjlUuEI0inRwi1
                ZN__R5bAuHTNbzq9dG27efRzW63632SxtVhIXhDM3MulsSzLPdYpXzUmICK_GTkgEAr2JCcxXp6B8Fw7vqxuthzNApyifkzKzJUl
                v2mE6e-UAx_1_DNwTmdM5_FyDpWWfVYlJmA
                """#),
        GoldenToken(
            algorithm: .ps384,
            jwk: #"""
                {"n":"3GTnrTbgo-NlDA7nfin6DENUlf_P_AIZYB2DpJqaP6W8kfQhSMLtpNVfalD5enKEjIPpVoWmI3eaPYOQT8brpLqIA2a76I
                sDBAyOI3rshzjiAllfTOeITnaMFvuhBBsu7ZQ3e8T8vY14Y7Elw4iIFF9lrPrFz4wtylzNDb29mbpzx0H-7d9Lp7cHJBE0urVNqu
                I36d5qHDSKoqUgw-EDoEkzohw6Gsrn1t3h3TosXAvbr-wldImj8nQBZvwcVWmze2nWPg0AJXtxo5g9-vpyu5ZDfV57KK6ZXkhlmR
                ke5MbmvET9pnDNxHhDf6tmVFh8s7Ke4Ay1BXP8NCNsGYrbBw","e":"AQAB","kty":"RSA","kid":"PS384","use":"sig","
                alg":"PS384"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJQUzM4NCIsImtpZCI6IlBTMzg0In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.S0N0aHf
                j-_jz4HSjzJ3NQKSRgzR4V_kAtrLvIC5I2dnYMkQIU-5yFaQRBHUtfrKa_KHVExLMMFnIz_7-6US0xtDaRb8JzXB-YGsdTp3HUIR
                V0LKqzK1QBrPJBd4aJKebxy40p2TaQrQfcoDOOlv9nB8bcTcTOG18VO8NvfbPCwVC6J6MeSe0-WL36d9MjEXLvjleKP6Aw9Oc_jF
                fMP6HnCD2UkhwBaPLSQyT_o97Z2pKuAdzXfNqo41KIAIp8LT-Im1brnRADlTWj6S8jNAfnBlIR4SHPDRuXdnyDcjks-FPrSt1UI9
                --drbw8B7nFAPJydmPpOIykkK8hoWY30k7w
                """#),
        GoldenToken(
            algorithm: .ps512,
            jwk: #"""
                {"n":"3GTnrTbgo-NlDA7nfin6DENUlf_P_AIZYB2DpJqaP6W8kfQhSMLtpNVfalD5enKEjIPpVoWmI3eaPYOQT8brpLqIA2a76I
                sDBAyOI3rshzjiAllfTOeITnaMFvuhBBsu7ZQ3e8T8vY14Y7Elw4iIFF9lrPrFz4wtylzNDb29mbpzx0H-7d9Lp7cHJBE0urVNqu
                I36d5qHDSKoqUgw-EDoEkzohw6Gsrn1t3h3TosXAvbr-wldImj8nQBZvwcVWmze2nWPg0AJXtxo5g9-vpyu5ZDfV57KK6ZXkhlmR
                ke5MbmvET9pnDNxHhDf6tmVFh8s7Ke4Ay1BXP8NCNsGYrbBw","e":"AQAB","kty":"RSA","kid":"PS512","use":"sig","
                alg":"PS512"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJQUzUxMiIsImtpZCI6IlBTNTEyIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.UP_swQF
                TqSoEboieGzIQjY9yPGzt3CtrR1-Jw4VZeIRvAlJSG_xuDc29ALTASoiIlAevsjxAolwdqlxh1B46yHQGjvl7HtwT_SmPK4LbUuZ
                F6oI8fSZYiu8cgNPD6dnVq_p_TSzGJ0ymNmN8UuIvhI_igLYzNGsYI1jMlV5B_zI7P1GQ_AOmbWqcB3kJA49L5LxmJeDEyVyjjTg
                P7H2bfZrOSagjoclcJUzjsCzhMnzOmQ11SSihMlecohMfnV7yjOayrHZY1kXvmSSAdO_Dc_8qqD815ufohzn15eg9hpR9KgOEVyf
                9qVRaOG_FNuFdTFI7x0ynVvJIryXfQwPE8w
                """#),
        GoldenToken(
            algorithm: .es256,
            jwk: #"""
                {"crv":"P-256","x":"h75Ec87B_wdUMwpilwlR4E_71AQIPqWLnIvnMAgxpWU","y":"FKDpzmmaoJYN8aHSB-HSEW4Tjdy9cg
                4YyEDaOgJ3pfw","kty":"EC","kid":"ES256","use":"sig","alg":"ES256"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIsImtpZCI6IkVTMjU2In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.OcY_1-q
                XoRfuZOA3TKJX2Bj9x0qDTAngcgWLxqhtLcblg9sOsWVljhj4U7IlspqhuAuZVQ1hL2Eg438o_n_ICQ
                """#),
        GoldenToken(
            algorithm: .es384,
            jwk: #"""
                {"crv":"P-384","x":"HzwIey-DPWFtte-mxc-YK5-Yi0ZxYrIcIoiInoxzTiDm0xp75aU31IG8qNelgQ9K","y":"vutrWq6MW
                Sz_XMOgyU95jRHE7kIr333IfdVfYApi5lc6HPJ68oWXxsiOvBC9j8uo","kty":"EC","kid":"ES384","use":"sig","alg":
                "ES384"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzM4NCIsImtpZCI6IkVTMzg0In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.OxwMY8e
                VA03el_gubj39eqMecP9oOCPhmtytr-h1u1ke3prFn2XEDrGXK2t8rmlNGbSTABkXdh_7Br0i9JW75N7aN_uhIp9WZQ9Vb8xxzmU
                SIFnOjod6MDiNp3oGVUGz
                """#),
        GoldenToken(
            algorithm: .es512,
            jwk: #"""
                {"crv":"P-521","x":"ACPZ5Q1N1QaSA_JRUOY7xWx4JIW_8mrQLNwXDZXCr0PhCrPDzH4op-68SJcrVJzbunkL-XY7Pa7FrTLZ
                dWHkLe05","y":"Ae7VkxxL2CrW_FYK3y6sgNw8z-_S562Nx6vsnsbYOkgmAfDjIYdVIlnL80k_aGpNVR0VJgksonygW4p1_UFXL
                don","kty":"EC","kid":"ES512","use":"sig","alg":"ES512"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzUxMiIsImtpZCI6IkVTNTEyIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.AYNStFg
                eAbP4Vg5DBDbl8LHt4ruZaDD4CoSYa0xybNn_0cUSfVUl7eidz54UHQP4MRSmuwNsvieKQ15nvjz0gyNqAZKLPM-OJid5zlsHUUj
                pVBGT41hJEcSOSCykoaoh3KPEgB601-5lFGsorw4KXGUA-w7IxIuWFUfEF48rTZhtSFNd
                """#),
        GoldenToken(
            algorithm: .edDSA,
            jwk: #"""
                {"crv":"Ed25519","x":"gb2YV85mwSJopv4XF8J-sTXbeuBXAq1lfxsTqwNtyP0","kty":"OKP","kid":"EdDSA","use":"
                sig","alg":"EdDSA"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6IkVkRFNBIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.O7E-hW9
                Cs17rmYRNw2vmIoSARh14_bzE-cEdI6vWpIa62Gr8CrPWVxL-V1bgjRsDdbBqxJz4ybMxvG2zhiYMCA
                """#),
        GoldenToken(
            algorithm: .hs256,
            jwk: #"""
                {"k":"NQkmaHG-QLaY6k71gyLmZYIDmocTrp1CWMEh6NZIjZI","kty":"oct","kid":"HS256","use":"sig","alg":"HS25
                6"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6IkhTMjU2In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.X3mBB_G
                m_4V1ZuLQp8jo5uzeA9JDbRnK13Dk6Gpc4ak
                """#),
        GoldenToken(
            algorithm: .hs384,
            jwk: #"""
                {"k":"dmQ_i8itJmkIM-K60yIM4_fOFEQVzS6JKfMzOtkn-T-N1qTBO7VqyPSt9WCHumQ5","kty":"oct","kid":"HS384","u
                se":"sig","alg":"HS384"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzM4NCIsImtpZCI6IkhTMzg0In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.IHHvGAi
                mmkND18BPlXbwHXTUPm267BrlXGwJRQ0krFANGC6ndFdJZ0hF89WdK1Kq
                """#),
        GoldenToken(
            algorithm: .hs512,
            jwk: #"""
                {"k":"ch6OIbn0SLjcCwsh3GZ9XMF_Sk7r1BkcF9_M_QDPjatNBad58soqJOz600xyoXuNjlk6P1Ls_SxgiaOLq3_SLg","kty":
                "oct","kid":"HS512","use":"sig","alg":"HS512"}
                """#,
            token: #"""
                eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiIsImtpZCI6IkhTNTEyIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIs
                ImF1ZCI6WyJmbGlnaHQiLCJhY2NvdW50Il0sInN1YiI6ImFsaWNlIiwiaWF0IjoxOTAwMDAwMDAwLCJuYmYiOjE5MDAwMDAwMDAs
                ImV4cCI6MTkwMDAwMzYwMCwiZ3JvdXBzIjpbImFuYWx5c3RzIiwiQsO8cm8iXSwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbInJl
                YWRlciIsIndyaXRlciJdfSwib3JnIjp7ImlkIjoiYWNtZSIsInNpemUiOjEyfSwiZW1haWxfdmVyaWZpZWQiOnRydWV9.Ylq3iXV
                NC8nIYRlE0Mae_W6_JJXod4vJNEPi9nfwOA1CqpdAwWCF_4bHaZhFnYNSEeVrn2v4aSaZUhSWGZ_0iA
                """#),
    ]
}
