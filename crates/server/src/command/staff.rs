//! `genvej staff`.

use super::{Failed, block_on, say};
use clap::{Subcommand, ValueEnum};
use recovery::id::StaffId;
use recovery::staff::Role;
use recovery::time::Timestamp;
use server::system::{SystemClock, SystemRandom};
use server::{Config, FaceMatcher, Overrides, build};
use service::Service;
use service::conduct::OwnPerson;
use service::parts::NoFaces;
use service::staff::administration::{AccountView, KeyReason, LISTED_MAX, NewRoles};
use service::staff::{NewMember, Site};
use std::sync::Arc;

/// Accounts of agents, clerks and supervisors.
#[derive(Debug, Subcommand)]
pub(super) enum Staff {
    /// Makes a link that works once within 48 hours: whoever opens it registers a passkey.
    Invite {
        /// As shown in the console.
        #[arg(long)]
        name: String,
        /// `agent`, `clerk` or `supervisor`, as the console admits them; may be given several times.
        #[arg(long = "role", required = true, value_parser = role)]
        roles: Vec<Role>,
        /// The operator's id of the centre where they work; agents and clerks need one.
        #[arg(long)]
        centre: Option<String>,
        /// The member's own person id: the national number, or the operator's id. Kept sealed and shown to nobody; it
        /// keeps the member from their own and their family's cases.
        #[arg(long, group = "own")]
        person: Option<String>,
        /// For a member without a national record: a person to be kept from, several times for several. A second member
        /// approves the list in the console before the member holds a case.
        #[arg(long = "declares", group = "own")]
        declares: Vec<String>,
        /// The same, where there is nobody to be kept from.
        #[arg(long, group = "own")]
        declares_nobody: bool,
        /// The console that the link is for.
        #[arg(long, value_enum)]
        site: Console,
    },
    /// Lists every account: id, state, roles, centre and name, with tabs between them.
    List,
    /// Shows one account and its passkeys.
    Show {
        /// As `list` prints it.
        #[arg(value_parser = staff_id)]
        account: StaffId,
    },
    /// Shuts an account: its sessions are over at once.
    Disable {
        /// As `list` prints it.
        #[arg(value_parser = staff_id)]
        account: StaffId,
    },
    /// Opens an account again that was shut.
    Enable {
        /// As `list` prints it.
        #[arg(value_parser = staff_id)]
        account: StaffId,
    },
    /// Sets what an account may do from now on.
    Roles {
        /// As `list` prints it.
        #[arg(value_parser = staff_id)]
        account: StaffId,
        /// `agent`, `clerk` or `supervisor`; may be given several times, and those that are not given are taken away.
        #[arg(long = "role", required = true, value_parser = role)]
        roles: Vec<Role>,
        /// The operator's id of the centre where they work from now on; without it the centre stays.
        #[arg(long)]
        centre: Option<String>,
    },
    /// Makes a link by which the account's holder registers one more passkey.
    AddKey {
        /// As `list` prints it.
        #[arg(value_parser = staff_id)]
        account: StaffId,
        /// The console that the passkey opens.
        #[arg(long, value_enum)]
        site: Console,
        /// The earlier passkey is lost: all earlier ones are taken out at once, and sessions end.
        #[arg(long)]
        lost: bool,
    },
    /// Says whom an account is to be kept from, in the place of what was said before.
    Person {
        /// As `list` prints it.
        #[arg(value_parser = staff_id)]
        account: StaffId,
        /// As for an invitation.
        #[arg(long, group = "own", required_unless_present_any = ["declares", "declares_nobody"])]
        person: Option<String>,
        /// As for an invitation.
        #[arg(long = "declares", group = "own")]
        declares: Vec<String>,
        /// As for an invitation.
        #[arg(long, group = "own")]
        declares_nobody: bool,
    },
    /// Lists the cases that were drawn for a look by a second member of staff: instant, case, who held it, and whether on a
    /// declared list.
    Samples,
}

/// A console.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Console {
    Support,
    Desk,
    Operations,
}

impl From<Console> for Site {
    fn from(console: Console) -> Self {
        match console {
            Console::Support => Self::Support,
            Console::Desk => Self::Desk,
            Console::Operations => Self::Operations,
        }
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_code(text).ok_or_else(|| format!("there is no role named {text}"))
}

fn staff_id(text: &str) -> Result<StaffId, &'static str> {
    service::id(text)
        .map(StaffId)
        .ok_or("not the id of an account: `genvej staff list` prints them")
}

impl Staff {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        block_on(async {
            // Accounts have no faces: the models need not be there.
            let faces: Arc<dyn FaceMatcher> = Arc::new(NoFaces);
            let overrides = Overrides { faces: Some(faces), ..Overrides::default() };
            let mut running =
                build(config, Arc::new(SystemClock), Arc::new(SystemRandom), overrides)?;
            if let Err(error) = running.ready().await {
                running.stop().await;
                return Err(error.into());
            }
            // A centre that was imported and not yet taken in by a server is known all the same.
            let done = match running.take_in_centres().await {
                Ok(()) => self.carry_out(&running.service, config).await,
                Err(failure) => Err(failure.into()),
            };
            running.stop().await;
            done
        })
    }

    async fn carry_out(self, service: &Service, config: &Config) -> Result<(), Failed> {
        match self {
            Self::Invite { name, roles, centre, person, declares, declares_nobody, site } => {
                let own = own(person.as_deref(), &declares, declares_nobody)?;
                let holds_cases =
                    roles.iter().any(|role| matches!(role, Role::Agent | Role::Clerk));
                if holds_cases && own.is_empty() {
                    return Err("an agent or clerk needs --person, or --declares or --declares-nobody: who has neither holds no case".into());
                }
                let member = NewMember { name, roles, centre, site: site.into(), own };
                let token = service.invite_staff(&member).await.map_err(explained)?;
                link(config, site, &token)?;
            }
            Self::Person { account, person, declares, declares_nobody } => {
                let own = own(person.as_deref(), &declares, declares_nobody)?;
                service.set_staff_person(account, &own).await.map_err(explained)?;
            }
            Self::Samples => samples(service).await?,
            Self::List => list(service).await?,
            Self::Show { account } => {
                show(&service.staff_account(account).await.map_err(explained)?)
            }
            Self::Disable { account } => service.disable_staff(account).await.map_err(explained)?,
            Self::Enable { account } => service.enable_staff(account).await.map_err(explained)?,
            Self::Roles { account, roles, centre } => {
                let new = NewRoles { roles, centre };
                service.set_staff_roles(account, &new).await.map_err(explained)?;
            }
            Self::AddKey { account, site, lost } => {
                let reason = if lost { KeyReason::Lost } else { KeyReason::Another };
                let token = service.add_staff_key(account, site.into(), reason).await;
                link(config, site, &token.map_err(explained)?)?;
            }
        }
        Ok(())
    }
}

fn link(config: &Config, site: Console, token: &str) -> Result<(), Failed> {
    let origin = match site {
        Console::Support => &config.sites.support.0,
        Console::Desk => &config.sites.desk.0,
        Console::Operations => {
            let named = config.sites.operations.as_ref();
            &named.ok_or("the configuration names no `operations` in [sites]")?.0
        }
    };
    say(format_args!("{origin}/invite/{token}"));
    Ok(())
}

async fn samples(service: &Service) -> Result<(), Failed> {
    for it in service.sampled_cases().await.map_err(explained)? {
        let at = jiff::Timestamp::from_millisecond(it.at.0)?;
        let list = if it.declared { "declared" } else { "own-id" };
        say(format_args!("{at}\t{}\t{}\t{list}", it.case, it.staff));
    }
    Ok(())
}

async fn list(service: &Service) -> Result<(), Failed> {
    let mut after = None;
    loop {
        let accounts = service.staff_accounts(after).await.map_err(explained)?;
        for account in &accounts {
            say(line(account));
        }
        after = accounts.last().map(|it| it.id);
        if accounts.len() < LISTED_MAX {
            return Ok(());
        }
    }
}

fn line(account: &AccountView) -> String {
    let state = if account.disabled_at.is_some() { "disabled" } else { "active" };
    let centre = account.centre.as_deref().unwrap_or("-");
    format!("{}\t{state}\t{}\t{centre}\t{}", account.id, roles_of(account), account.name)
}

fn roles_of(account: &AccountView) -> String {
    let roles: Vec<_> = account.roles.iter().map(|role| role.code()).collect();
    if roles.is_empty() { "-".to_owned() } else { roles.join(",") }
}

fn show(account: &AccountView) {
    say(format_args!("account\t{}", account.id));
    say(format_args!("name\t{}", account.name));
    say(format_args!("roles\t{}", roles_of(account)));
    say(format_args!("centre\t{}", account.centre.as_deref().unwrap_or("-")));
    say(format_args!("disabled\t{}", instant(account.disabled_at)));
    for key in &account.keys {
        let site = key.site.map_or("-", Site::code);
        say(format_args!("passkey\t{:032x}\t{site}\t{}", key.id, instant(key.made_at)));
    }
}

fn instant(at: Option<Timestamp>) -> String {
    at.and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok())
        .map_or_else(|| "-".to_owned(), |at| at.to_string())
}

/// A refusal in the words of the API.
fn explained(failure: service::Failure) -> Failed {
    let service::Failure::Refused(no) = &failure else { return failure.into() };
    let texts = web::code::Texts::of(no.code, web::Language::English);
    format!("{}: {} {} ({})", texts.title, texts.detail, texts.next, no.code).into()
}

fn own(person: Option<&str>, declares: &[String], nobody: bool) -> Result<OwnPerson, Failed> {
    let declared = (nobody || !declares.is_empty()).then_some(declares);
    Ok(OwnPerson::read(person, declared)?)
}
