//! One reply that is owed, and what becomes of it when an error skips it.

use std::sync::Arc;

use super::inquiry::Inquiry;
use super::text::Text;
use crate::report::Refusal;
use crate::statements::Statement;

/// A reply that is owed to the client, or to the pooler itself.
///
/// | entry | sent to PostgreSQL | ends with | shown to the client |
/// |---|---|---|---|
/// | `Parse` | Parse | ParseComplete | yes |
/// | `FakeParse` | nothing, the server has it | – | a ParseComplete made here |
/// | `ParseUnnamed` | Parse | ParseComplete | yes |
/// | `HiddenParse` | Parse made here | ParseComplete | no |
/// | `Bind` | Bind | BindComplete | yes |
/// | `Describe` | Describe | RowDescription or NoData | yes |
/// | `Execute` | Execute | CommandComplete, EmptyQueryResponse or PortalSuspended | yes |
/// | `Close` | Close | CloseComplete | yes |
/// | `CloseUnnamed` | Close | CloseComplete | yes |
/// | `FakeClose` | nothing | – | a CloseComplete made here |
/// | `HiddenClose` | Close made here | CloseComplete | no |
/// | `CopyEnd` | CopyDone or CopyFail | – | – |
/// | `Sync` | Sync | ReadyForQuery | yes |
/// | `Query`, `FunctionCall` | the same | ReadyForQuery | yes |
/// | `FakeDeallocate` | nothing | – | CommandComplete and ReadyForQuery made here |
/// | `HiddenEnd` | an empty Query made here | ReadyForQuery | no |
/// | `HiddenQuery` | Query made here | ReadyForQuery | only an error |
/// | `Inquiry` | Query made here | ReadyForQuery | no |
/// | `RefusedQuery` | a Query that fails | ReadyForQuery | an error made here, and ReadyForQuery |
/// | `RefusedParse` | a Parse that fails | ErrorResponse | an error made here |
/// | `Prelude` | Close, Parse, Bind or Execute made here | its reply | no |
/// | `Channels` | Query made here | ReadyForQuery | the ReadyForQuery before it, when nobody has to listen |
/// | `Listener` | nothing, somebody else listens | – | – |
/// | `Mark` | Query made here | ReadyForQuery | the ReadyForQuery before `Channels` |
/// | `Unlisten` | Query made here | ReadyForQuery | no |
///
/// An error in an extended-protocol entry skips all that follows up to the next `Sync`.
#[derive(Debug)]
pub enum Expect {
    /// A Parse sent on.
    Parse(Option<(Arc<Named>, NamedKind)>),
    /// A Parse of the unnamed statement, with that if it is to be remembered.
    ParseUnnamed(Option<Arc<Text>>),
    /// A Parse answered here because the server already has the statement.
    FakeParse(Arc<Named>),
    /// A Parse made here so that a Bind or Describe behind it finds its statement.
    HiddenParse(Option<Arc<Statement>>),
    /// A Bind sent on, with the statement when it is a named one.
    Bind(Option<Arc<Named>>),
    /// A Describe sent on, with the statement when it is a named one.
    Describe(Option<Arc<Named>>),
    /// An Execute sent on.
    Execute,
    /// A Close sent on.
    Close,
    /// A Close of the unnamed statement.
    CloseUnnamed,
    /// A Close answered here, because statements stay on the server for others.
    FakeClose(Arc<Named>),
    /// A Close made here, of the unnamed statement when there is no other.
    HiddenClose(Option<Arc<Statement>>),
    /// A mark where the client ended COPY, so that a Sync before it is known to be void.
    CopyEnd,
    /// A Sync sent on.
    Sync,
    /// A Query sent on.
    Query,
    /// A FunctionCall sent on.
    FunctionCall,
    /// A DEALLOCATE answered here.
    FakeDeallocate(Arc<Named>),
    /// An empty Query made here, which ends a pipeline as the client's own would have.
    HiddenEnd,
    /// A Query made here, to apply settings or clean up.
    HiddenQuery,
    /// A Query made here that asks what the session is like.
    Inquiry(Box<Inquiry>),
    /// A Query made here that fails in place of one that is refused.
    RefusedQuery(Box<Refusal>),
    /// A Parse made here that fails in place of a message that is refused.
    RefusedParse(Box<Refusal>),
    /// A message made here of several that run a statement and leave nothing behind.
    Prelude,
    /// A Query made here that asks what the server listens on.
    Channels,
    /// Whoever is to listen for the client from now on.
    Listener,
    /// A Query made here that sets a mark between what the server has heard for the client and what others hear.
    Mark,
    /// A Query made here that has the server listen on nothing any more.
    Unlisten,
}

/// A statement under the client's name for it.
#[derive(Debug)]
pub struct Named {
    /// The client's name.
    pub name: Box<[u8]>,
    /// The statement.
    pub statement: Arc<Statement>,
}

/// What a Parse sent on does to the client's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedKind {
    /// It defines the name, and the server prepares the statement under its own.
    Defined,
    /// It defines the name, and the server only checks the text.
    Checked,
    /// The client already had the name: PostgreSQL will refuse it.
    Duplicate,
}

impl Expect {
    /// Whether a ReadyForQuery ends this.
    pub fn ends_with_ready(&self) -> bool {
        matches!(
            self,
            Self::Sync
                | Self::Query
                | Self::FunctionCall
                | Self::HiddenEnd
                | Self::HiddenQuery
                | Self::Inquiry(_)
                | Self::RefusedQuery(_)
                | Self::Channels
                | Self::Mark
                | Self::Unlisten
        )
    }

    /// Whether it is the pooler's own, and nothing of its reply is for the client.
    pub fn is_hidden(&self) -> bool {
        self.is_about_channels() || matches!(self, Self::HiddenQuery | Self::Inquiry(_))
    }

    /// Whether it is the pooler's own, about what is listened on.
    pub fn is_about_channels(&self) -> bool {
        matches!(self, Self::Channels | Self::Mark | Self::Unlisten)
    }

    /// Whether the unnamed statement on the server is the client's afterwards.
    pub fn is_unnamed(&self) -> bool {
        matches!(
            self,
            Self::ParseUnnamed(_)
                | Self::CloseUnnamed
                | Self::Query
                | Self::HiddenEnd
                | Self::HiddenParse(None)
                | Self::HiddenClose(None)
        )
    }

    /// Whether it may be dealt with as soon as its turn comes: PostgreSQL sends nothing for it.
    pub fn is_silent(&self) -> bool {
        matches!(
            self,
            Self::FakeParse(_) | Self::FakeClose(_) | Self::CopyEnd | Self::FakeDeallocate(_)
        )
    }

    /// Whether an error here skips what follows up to the next Sync.
    pub fn is_extended(&self) -> bool {
        !self.ends_with_ready() && !matches!(self, Self::FakeDeallocate(_) | Self::Listener)
    }
}
