//! A private Valkey, alone and as a Cluster.

use booked_sandbox::{
    TestCa, ValkeyOptions, ValkeyServer, test_programs, test_valkey, test_valkey_cluster, test_valkey_url,
};

#[test]
fn a_server_answers_and_never_evicts() {
    let server = test_valkey();

    server.command(&["SET", "seat", "held"]).unwrap();

    assert_eq!(server.command(&["GET", "seat"]).unwrap(), "held");
    assert_eq!(
        server.command(&["CONFIG", "GET", "maxmemory-policy"]).unwrap(),
        "maxmemory-policy\nnoeviction"
    );
    server.flush_all().unwrap();
    assert_eq!(server.command(&["EXISTS", "seat"]).unwrap(), "0");
}

#[test]
fn a_killed_server_comes_back_empty_at_the_same_port() {
    let mut server = test_valkey();
    let url = server.url();
    server.command(&["SET", "seat", "held"]).unwrap();

    server.kill();
    assert!(server.command(&["PING"]).is_err(), "a killed server answered");
    server.restart().unwrap();

    assert_eq!(server.url(), url);
    assert_eq!(server.command(&["EXISTS", "seat"]).unwrap(), "0");
}

#[test]
fn an_append_only_server_keeps_its_data() {
    let options = ValkeyOptions { append_only: true, ..ValkeyOptions::new("") };
    let mut server = ValkeyServer::start_temporary(&test_programs(), options).unwrap();
    server.command(&["SET", "seat", "held"]).unwrap();

    server.restart().unwrap();

    assert_eq!(server.command(&["GET", "seat"]).unwrap(), "held");
}

#[test]
fn with_tls_and_password_only_those_who_have_both_get_in() {
    let (ca, stranger) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let (user, password) = ("booked", "a \"secret\"/with:signs\\");
    let options = ValkeyOptions {
        tls: Some(ca.server_files().unwrap()),
        user_password: Some((user.to_owned(), password.to_owned())),
        ..ValkeyOptions::new("")
    };
    let server = ValkeyServer::start_temporary(&test_programs(), options).unwrap();
    let ping = |further: &[&str], authority: &std::path::Path, password: &str| {
        let mut cli = std::process::Command::new(test_programs().valkey_cli.unwrap());
        cli.args(["-e", "-p", &server.port().to_string(), "--user", user, "--cacert"]).arg(authority);
        let output = cli.env("REDISCLI_AUTH", password).args(further).arg("PING").output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };

    assert_eq!(server.command(&["PING"]).unwrap(), "PONG");
    assert_eq!(ping(&["--tls"], &ca.certificate(), password), "PONG\n");
    assert!(server.url().starts_with("rediss://booked:a%20%22secret%22%2Fwith%3Asigns%5C@127.0.0.1:"));
    for (further, authority, password, said) in [
        (&["--tls"][..], ca.certificate(), "a guess", "WRONGPASS"),
        (&["--tls"], stranger.certificate(), password, "SSL_connect failed"),
        (&[], ca.certificate(), password, "Error: "),
    ] {
        let answer = ping(further, &authority, password);
        assert!(answer.contains(said), "expected {said}, got {answer}");
    }
}

#[test]
fn tests_share_a_server_and_have_a_database_each() {
    let (one, other) = (test_valkey_url(), test_valkey_url());

    let server = |url: &str| url.rsplit_once('/').unwrap().0.to_owned();
    assert_eq!(server(&one), server(&other));
    assert_ne!(one, other);
}

#[test]
fn three_nodes_form_a_cluster_and_one_that_was_killed_comes_back() {
    let mut cluster = test_valkey_cluster();
    let info = |cluster: &booked_sandbox::ValkeyCluster, node: usize| {
        cluster.nodes()[node].command(&["CLUSTER", "INFO"]).unwrap().replace('\r', "")
    };
    for node in 0..3 {
        assert!(
            info(&cluster, node).starts_with("cluster_state:ok\n"),
            "node {node}: {}",
            info(&cluster, node)
        );
    }
    assert_eq!(cluster.url().matches("127.0.0.1:").count(), 3);

    cluster.kill_node(1).unwrap();
    assert!(cluster.nodes()[1].command(&["PING"]).is_err(), "a killed node answered");
    cluster.restart_node(1).unwrap();

    assert!(info(&cluster, 0).starts_with("cluster_state:ok\n"));
    assert!(cluster.kill_node(3).is_err());
}
