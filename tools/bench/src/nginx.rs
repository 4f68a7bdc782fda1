//! nginx: the floor of every HTTP benchmark. It verifies no token.

use std::path::Path;

use anyhow::Result;

use crate::{
    reference::{Place, Reference},
    tools::{Tool, Tools},
};

#[derive(Clone, Copy)]
pub(super) enum Serves<'a> {
    /// Every response is an empty object.
    Nothing,
    /// Forwards everything to this port.
    Upstream(u16),
    /// The files of this folder, as JSON.
    Files(&'a Path),
}

/// Starts nginx with one worker, or one for each core.
pub(super) async fn start(
    tools: &Tools,
    folder: &Path,
    one_worker: bool,
    serves: Serves<'_>,
) -> Result<Reference> {
    let configuration = |place: &Place| configuration_of(place, one_worker, serves);
    let arguments = |place: &Place, file: &Path| {
        vec!["-p".into(), place.folder.clone().into(), "-c".into(), file.into(), "-e".into(), "stderr".into()]
    };
    Reference::start((tools, Tool::Nginx), folder, configuration, arguments).await
}

/// Connections are kept alive as long as they are used, on both sides.
fn configuration_of(place: &Place, one_worker: bool, serves: Serves<'_>) -> String {
    let (folder, port) = (place.folder.display(), place.port);
    let workers = if one_worker { "1" } else { "auto" };
    let (upstream, location) = match serves {
        Serves::Nothing => (String::new(), "default_type application/json; return 200 '{}';".to_owned()),
        Serves::Upstream(port) => (
            format!(
                "upstream behind {{ server 127.0.0.1:{port}; keepalive 256; keepalive_requests 1000000000; }}"
            ),
            "proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection '';".to_owned(),
        ),
        Serves::Files(root) => {
            (String::new(), format!("root '{}'; default_type application/json;", root.display()))
        }
    };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path '{folder}/{kind}';\n"))
        .concat();
    format!(
        "daemon off;\nuser root;\nworker_processes {workers};\npid '{folder}/pid';\nerror_log stderr error;\n\
         events {{ worker_connections 4096; }}\nhttp {{\n  access_log off;\n{temporary}  sendfile on;\n  tcp_nodelay on;\n\
         \x20 open_file_cache max=100;\n  keepalive_requests 1000000000;\n  {upstream}\n\
         \x20 server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ {location} }} }}\n}}\n"
    )
}
