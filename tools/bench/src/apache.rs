//! Apache httpd with mod_auth_openidc as a resource server, which verifies tokens, and forwards.

use std::path::Path;

use anyhow::Result;

use crate::{
    issuer::Issuer,
    reference::{Place, Reference},
    tools::{Tool, Tools},
};

/// Where Debian's packages have them.
const FOLDER: &str = "/usr/lib/apache2/modules";
const MODULES: [&str; 7] =
    ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http"];

/// Starts httpd with one process, in front of this port.
pub(super) async fn start(tools: &Tools, folder: &Path, issuer: &Issuer, upstream: u16) -> Result<Reference> {
    let configuration = |place: &Place| configuration_of(place, issuer, upstream);
    let arguments = |_: &Place, file: &Path| vec!["-D".into(), "FOREGROUND".into(), "-f".into(), file.into()];
    Reference::start((tools, Tool::Apache), folder, configuration, arguments).await
}

fn configuration_of(place: &Place, issuer: &Issuer, upstream: u16) -> String {
    let (folder, port) = (place.folder.display(), place.port);
    let modules: String =
        MODULES.map(|module| format!("LoadModule {module}_module {FOLDER}/mod_{module}.so\n")).concat();
    format!(
        "ServerRoot \"{folder}\"
ServerName localhost
PidFile pid
Listen 127.0.0.1:{port}
ErrorLog /dev/stderr
LogLevel error
{modules}User www-data
Group www-data
StartServers 1
ServerLimit 1
ThreadLimit 128
ThreadsPerChild 128
MaxRequestWorkers 128
MinSpareThreads 1
MaxSpareThreads 128
MaxKeepAliveRequests 0
KeepAliveTimeout 60
OIDCOAuthVerifyCertFiles \"{}#{}\"
OIDCOAuthRemoteUserClaim sub
<Location />
  AuthType oauth20
  Require valid-user
  ProxyPass http://127.0.0.1:{upstream}/
</Location>
",
        issuer.key_id(),
        issuer.certificate().display()
    )
}
