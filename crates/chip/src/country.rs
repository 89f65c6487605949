//! Country codes of machine-readable zones against those of certificates.

/// Three letters and two, in the order of the former: ISO 3166-1 and the additions of
/// Doc 9303-3 §5 that issue documents or certificates.
const CODES: &str = "\
ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG AUSAU AUTAT \
AZEAZ BDIBI BELBE BENBJ BESBQ BFABF BGDBD BGRBG BHRBH BHSBS BIHBA BLMBL BLRBY BLZBZ BMUBM BOLBO \
BRABR BRBBB BRNBN BTNBT BVTBV BWABW CAFCF CANCA CCKCC CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG \
COKCK COLCO COMKM CPVCV CRICR CUBCU CUWCW CXRCX CYMKY CYPCY CZECZ DEUDE DJIDJ DMADM DNKDK DOMDO \
DZADZ ECUEC EGYEG ERIER ESHEH ESPES ESTEE ETHET EUEEU FINFI FJIFJ FLKFK FRAFR FROFO FSMFM GABGA \
GBRGB GEOGE GGYGG GHAGH GIBGI GINGN GLPGP GMBGM GNBGW GNQGQ GRCGR GRDGD GRLGL GTMGT GUFGF GUMGU \
GUYGY HKGHK HMDHM HNDHN HRVHR HTIHT HUNHU IDNID IMNIM INDIN IOTIO IRLIE IRNIR IRQIQ ISLIS ISRIL \
ITAIT JAMJM JEYJE JORJO JPNJP KAZKZ KENKE KGZKG KHMKH KIRKI KNAKN KORKR KWTKW LAOLA LBNLB LBRLR \
LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV MACMO MAFMF MARMA MCOMC MDAMD MDGMG MDVMV MEXMX \
MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN MNPMP MOZMZ MRTMR MSRMS MTQMQ MUSMU MWIMW MYSMY MYTYT \
NAMNA NCLNC NERNE NFKNF NGANG NICNI NIUNU NLDNL NORNO NPLNP NRUNR NZLNZ OMNOM PAKPK PANPA PCNPN \
PERPE PHLPH PLWPW PNGPG POLPL PRIPR PRKKP PRTPT PRYPY PSEPS PYFPF QATQA REURE RKSKS ROURO RUSRU \
RWARW SAUSA SDNSD SENSN SGPSG SGSGS SHNSH SJMSJ SLBSB SLESL SLVSV SMRSM SOMSO SPMPM SRBRS SSDSS \
STPST SURSR SVKSK SVNSI SWESE SWZSZ SXMSX SYCSC SYRSY TCATC TCDTD TGOTG THATH TJKTJ TKLTK TKMTM \
TLSTL TONTO TTOTT TUNTN TURTR TUVTV TWNTW TZATZ UGAUG UKRUA UMIUM UNOUN URYUY USAUS UZBUZ VATVA \
VCTVC VENVE VGBVG VIRVI VNMVN VUTVU WLFWF WSMWS XOMXO XPOXP YEMYE ZAFZA ZMBZM ZWEZW";

/// The country of an organisation that has no code of two letters of its own (ISO 3166-1 user-assigned).
const ORGANISATIONS: &str = "ZZ";

/// Issuers of documents under another state's certificates, and codes that certificates write
/// otherwise: the states' own words in Doc 9303-3 §5 and in their certificates.
const SIGNED_UNDER: [(&str, &[&str]); 28] = [
    // Kosovo certificates say KS or XK.
    ("RKS", &["KS", "XK", "KV"]),
    ("XKX", &["KS", "XK", "KV"]),
    // Danish documents for Greenland and the Faroe Islands carry DNK; seen otherwise, they still
    // sign under DK.
    ("GRL", &["GL", "DK"]),
    ("FRO", &["FO", "DK"]),
    // Hong Kong and Macao sign under CN.
    ("HKG", &["HK", "CN"]),
    ("MAC", &["MO", "CN"]),
    // British passports of other citizenships and territories.
    ("GBD", &["GB"]),
    ("GBN", &["GB"]),
    ("GBO", &["GB"]),
    ("GBP", &["GB"]),
    ("GBS", &["GB"]),
    // The United Nations and their agencies; Interpol; the Order of Malta; the European Union.
    ("UNO", &["UN", ORGANISATIONS]),
    ("UNA", &["UN", ORGANISATIONS]),
    ("UNK", &["UN", ORGANISATIONS]),
    ("XPO", &["XP", "XO", ORGANISATIONS]),
    ("XOM", &["XO", "XM", ORGANISATIONS]),
    ("EUE", &["EU", ORGANISATIONS]),
    // Other organisations of Doc 9303-3 §5 part D: the African Development Bank, the African Export-Import Bank, the
    // Caribbean Community, the Council of Europe, COMESA, ECOWAS, the Eastern Caribbean States, the Parliamentary
    // Assembly of the Mediterranean, the Southern African Development Community.
    ("XBA", &[ORGANISATIONS]),
    ("XIM", &[ORGANISATIONS]),
    ("XCC", &[ORGANISATIONS]),
    ("XCE", &[ORGANISATIONS]),
    ("XCO", &[ORGANISATIONS]),
    ("XEC", &[ORGANISATIONS]),
    ("XES", &[ORGANISATIONS]),
    ("XMP", &[ORGANISATIONS]),
    ("XDC", &[ORGANISATIONS]),
    // Specimens of Doc 9303 itself.
    ("UTO", &["UT"]),
    ("ROM", &["RO"]),
];

/// Two letters for three, upper case.
pub(crate) fn alpha2(three: &str) -> Option<&'static str> {
    CODES
        .split_ascii_whitespace()
        .find_map(|code| code.strip_prefix(three))
        .filter(|c| c.len() == 2)
}

/// Whether certificates of `country` (two letters) may sign documents that say they are issued by
/// `state` (three letters of the machine-readable zone).
pub(crate) fn may_sign_for(country: &str, state: &str) -> bool {
    SIGNED_UNDER.iter().find(|(listed, _)| *listed == state).map_or_else(
        || alpha2(state) == Some(country),
        |(_, countries)| countries.contains(&country),
    )
}

#[cfg(test)]
mod tests {
    use super::{CODES, alpha2, may_sign_for};

    #[test]
    fn codes_stand_in_order_and_once() {
        let codes: Vec<&str> = CODES.split_ascii_whitespace().collect();

        assert!(codes.windows(2).all(|pair| pair[0][..3] < pair[1][..3]));
        assert!(codes.iter().all(|code| code.len() == 5));
    }

    #[test]
    fn a_country_signs_for_its_own_documents_alone() {
        assert_eq!(alpha2("DNK"), Some("DK"));
        assert_eq!(alpha2("DN"), None);
        assert!(may_sign_for("DE", "DEU"));
        assert!(may_sign_for("DK", "GRL"));
        assert!(may_sign_for("GB", "GBN"));
        assert!(!may_sign_for("DK", "DEU"));
        assert!(!may_sign_for("AUT", "AUT"));
        assert!(!may_sign_for("", ""));
        assert!(!may_sign_for("US", "USAX"));
    }
}
