use super::*;

const EXAMPLE: &str = include_str!("../../genvej.example.toml");

fn environment(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn place(text: &str) -> Place {
    Config::read(text, &BTreeMap::new()).unwrap_err().place
}

fn line(of: &str, text: &str) -> Place {
    Place::Line(text.lines().position(|line| line.starts_with(of)).unwrap() + 1)
}

#[test]
fn the_example_is_read() {
    let config = Config::read(EXAMPLE, &BTreeMap::new()).unwrap();

    assert_eq!(config.http.drain_secs, 20);
    assert!(matches!(config.sms, Sms::Smpp(_)));
    assert_eq!(config.sites.public.0.to_string(), "https://api.recovery.example");
}

#[test]
fn a_key_that_nobody_reads_is_named_with_its_line() {
    let text = EXAMPLE.replace("listen = ", "lisen = \"\"\nlisten = ");

    assert_eq!(place(&text), line("lisen", &text));

    let text = EXAMPLE.replace("system_id = ", "sistem_id = \"x\"\nsystem_id = ");
    assert_eq!(place(&text), line("sistem_id", &text));
}

#[test]
fn a_wrong_value_is_named_with_its_line() {
    for (key, wrong) in [
        ("listen", "listen = \"everywhere\""),
        ("support", "support = \"https://support.example/path\""),
        ("threshold", "threshold = \"high\""),
        ("drain_secs", "drain_secs = -1"),
    ] {
        let text: String = EXAMPLE
            .lines()
            .map(|line| if line.starts_with(&format!("{key} = ")) { wrong } else { line })
            .fold(String::new(), |all, line| all + line + "\n");

        assert_eq!(place(&text), line(wrong, &text), "{key}");
    }
}

#[test]
fn the_oldest_app_is_three_numbers_or_nothing() {
    let with =
        |version: &str| EXAMPLE.replace("# [app]", &format!("[app]\nversion_min = {version}"));

    let config = Config::read(&with("\"1.4.0\""), &BTreeMap::new()).unwrap();
    assert_eq!(config.app.version_min.unwrap().to_string(), "1.4.0");
    assert!(Config::read(EXAMPLE, &BTreeMap::new()).unwrap().app.version_min.is_none());
    for wrong in ["\"1.4\"", "\"1.4.0.1\"", "\"v1.4.0\"", "\"1.+4.0\"", "\"1..0\"", "\"\"", "1.4"] {
        let text = with(wrong);
        assert_eq!(place(&text), line("version_min", &text), "{wrong}");
    }
}

#[test]
fn a_face_threshold_must_be_given() {
    let text: String = EXAMPLE
        .lines()
        .filter(|line| !line.starts_with("threshold"))
        .fold(String::new(), |all, line| all + line + "\n");

    let error = Config::read(&text, &BTreeMap::new()).unwrap_err();

    assert!(error.what.contains("threshold"), "{error}");
    assert_eq!(error.place, line("[face]", &text));
}

#[test]
fn the_environment_overrides_and_is_named_where_it_is_wrong() {
    let config = Config::read(
        EXAMPLE,
        &environment(&[
            ("GENVEJ_HTTP__LISTEN", "127.0.0.1:1"),
            ("GENVEJ_FACE__THRESHOLD", "0.6"),
            ("GENVEJ_SMS__PASSWORD", "12345678"),
            ("GENVEJ_DATA", "somewhere"),
        ]),
    )
    .unwrap();
    assert_eq!(config.http.listen.port(), 1);
    assert!((config.face.threshold - 0.6).abs() < 1e-9);

    for (name, value) in [
        ("GENVEJ_HTTP__LISTEN", "everywhere"),
        ("GENVEJ_HTTP__LISEN", "127.0.0.1:1"),
        ("GENVEJ_HTP__LISTEN", "127.0.0.1:1"),
        ("GENVEJ_FACE__WORKERS", "70000"),
        ("GENVEJ_MAIL__PORT", "70000"),
    ] {
        let error = Config::read(EXAMPLE, &environment(&[(name, value)])).unwrap_err();
        assert_eq!(error.place, Place::Variable(name.to_owned()), "{error}");
    }
}

#[test]
fn no_secret_is_printed() {
    let config =
        Config::read(EXAMPLE, &environment(&[("GENVEJ_SMS__PASSWORD", "hush-hsh")])).unwrap();

    assert!(!format!("{config:?}").contains("hush-hsh"));
}

#[test]
fn the_database_is_one_file_or_one_server_and_its_password_is_not_printed() {
    let file = "path = \"/var/lib/genvej/genvej.sqlite\"";
    let url = "url = \"postgresql://genvej:geheim@db.example/genvej\"";
    let read = |keys: &str| Config::read(&EXAMPLE.replace(file, keys), &BTreeMap::new());

    let served = read(url).unwrap();
    let overridden = Config::read(
        &EXAMPLE.replace(file, "root_certificates = \"/etc/roots.pem\""),
        &environment(&[("GENVEJ_STORE__URL", "postgresql://genvej:geheim@db.example/genvej")]),
    );

    assert!(matches!(read(file).unwrap().store.database, DatabasePlace::File(_)));
    assert!(matches!(served.store.database, DatabasePlace::Server(_)));
    assert!(!format!("{served:?}").contains("geheim"));
    assert!(matches!(
        overridden.unwrap().store.database,
        DatabasePlace::Server(DatabaseServer { root_certificates: Some(_), .. })
    ));
    for wrong in [
        String::new(),
        format!("{file}\n{url}"),
        format!("{file}\nroot_certificates = \"/etc/roots.pem\""),
    ] {
        let error = read(&wrong).unwrap_err();
        assert!(error.what.starts_with("store: "), "{error}");
        assert!(!error.to_string().contains("geheim"), "{error}");
    }
}

#[test]
fn the_servers_of_a_cluster_are_private_addresses_of_which_this_is_one() {
    let read =
        |cluster: &str| Config::read(&format!("{EXAMPLE}\n[cluster]\n{cluster}"), &BTreeMap::new());
    let servers = "servers = [\"10.0.0.1:7311\", \"[fd00::2]:7311\"]";

    let cluster = read(&format!("{servers}\nthis = 2")).unwrap().cluster.unwrap();
    assert_eq!(cluster.own(), "[fd00::2]:7311".parse().ok());
    assert_eq!(cluster.server(1), "10.0.0.1:7311".parse().ok());
    assert_eq!((cluster.server(0), cluster.server(3)), (None, None));
    for wrong in [
        format!("{servers}\nthis = 0"),
        format!("{servers}\nthis = 3"),
        "servers = []\nthis = 1".to_owned(),
        "servers = [\"192.0.2.1:7311\"]\nthis = 1".to_owned(),
        "servers = [\"10.0.0.1:1\", \"10.0.0.1:1\"]\nthis = 1".to_owned(),
    ] {
        assert!(read(&wrong).is_err(), "{wrong}");
    }
}
