//! The users that may come in, with what their passwords are checked against.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::md5::{Md5Hash, md5_password};
use super::random::secure_random;
use super::scram::{LearntKeys, SALT_LENGTH, ScramVerifier};
use super::{AuthenticationError, Secret, StoredPassword};
use crate::configuration;

/// PBKDF2 rounds for verifiers derived here; PgBouncer's and PostgreSQL's default.
const ITERATIONS: u32 = 4096;

/// A user that may come in.
#[derive(Debug)]
pub struct User {
    name: String,
    /// As configured or found; absent when no password was given, or an empty one.
    password: Option<Secret>,
    /// Whether the configuration lists it, rather than that `auth_query` has found it.
    is_listed: bool,
    /// It lists it with a password, if only an empty one: `auth_query` is not asked.
    is_settled: bool,
    /// Number of the look-up that has found it last.
    asked: AtomicU64,
    /// What a plain password is salted with; made up when absent.
    salt: Option<Vec<u8>>,
    /// The same, understood.
    pub stored: Option<StoredPassword>,
    /// Derived once from a plain password, because PBKDF2 costs milliseconds.
    verifier: OnceLock<ScramVerifier>,
    /// What its logins against a verifier have shown.
    pub learnt: LearntKeys,
}

impl User {
    fn listed(listed: &configuration::User) -> Self {
        let given = listed.password.as_ref();
        let is_settled = given.is_some();
        Self { is_listed: true, is_settled, ..Self::found(&listed.name, given) }
    }

    fn found(name: &str, given: Option<&Secret>) -> Self {
        // PostgreSQL accepts no empty password; to take one would let anybody in.
        let given = given.filter(|text| !text.expose().is_empty());
        Self {
            name: name.to_owned(),
            password: given.cloned(),
            is_listed: false,
            is_settled: false,
            asked: AtomicU64::default(),
            salt: None,
            stored: given.map(|given| StoredPassword::parse(given.expose())),
            verifier: OnceLock::new(),
            learnt: LearntKeys::default(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the configuration lists it, rather than that `auth_query` has found it.
    pub fn is_listed(&self) -> bool {
        self.is_listed
    }

    /// The password as configured or found, to log in to PostgreSQL with.
    pub fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    /// What a SCRAM login is checked against; `None` when the stored form cannot check one.
    pub fn verifier(&self) -> Result<Option<ScramVerifier>, AuthenticationError> {
        match &self.stored {
            Some(StoredPassword::Scram(verifier)) => Ok(Some(verifier.clone())),
            Some(StoredPassword::Plain(password)) => {
                if let Some(verifier) = self.verifier.get() {
                    return Ok(Some(verifier.clone()));
                }
                let salt = match &self.salt {
                    Some(salt) => salt.clone(),
                    None => secure_random::<SALT_LENGTH>()?.to_vec(),
                };
                let derived =
                    ScramVerifier::derive(password.expose().as_bytes(), &salt, ITERATIONS);
                Ok(Some(self.verifier.get_or_init(|| derived).clone()))
            }
            Some(StoredPassword::Md5(_)) | None => Ok(None),
        }
    }

    /// What an MD5 login is checked against; `None` when the stored form cannot check one.
    pub fn md5(&self) -> Option<Md5Hash> {
        match &self.stored {
            Some(StoredPassword::Md5(hash)) => Some(hash.clone()),
            Some(StoredPassword::Plain(password)) => {
                Some(md5_password(&self.name, password.expose().as_bytes()))
            }
            Some(StoredPassword::Scram(_)) | None => None,
        }
    }
}

/// Whom `auth_query` has found and who has logged in, by the database that was asked for and the name.
type Found = HashMap<(String, String), Arc<User>>;

/// Everybody that may come in, as far as is known here.
#[derive(Debug)]
pub struct Users {
    by_name: HashMap<String, Arc<User>>,
    /// Outlives a reload: their pools go on, and log in as them.
    found: Arc<Mutex<Found>>,
    /// Numbers look-ups.
    next: Arc<AtomicU64>,
    /// Keys the challenges of users that do not exist, so that they look like anybody's.
    mock_key: [u8; 32],
}

impl Users {
    /// The users of a configuration.
    pub fn new(listed: &[configuration::User]) -> Result<Self, AuthenticationError> {
        let by_name =
            listed.iter().map(|user| (user.name.clone(), Arc::new(User::listed(user)))).collect();
        let (found, next) = (Arc::default(), Arc::default());
        Ok(Self { by_name, found, next, mock_key: secure_random()? })
    }

    /// The users of another configuration, in the place of these.
    ///
    /// Who is in both with the same password keeps the salt that was made for it, and who is in neither the
    /// challenge that was made up: what changes with a reload would tell the two apart.
    pub fn renewed(&self, listed: &[configuration::User]) -> Result<Self, AuthenticationError> {
        let (found, next) = (Arc::clone(&self.found), Arc::clone(&self.next));
        let mut renewed = Self { found, next, mock_key: self.mock_key, ..Self::new(listed)? };
        renewed.by_name.iter_mut().for_each(|(name, user)| {
            let before = self.listed(name).filter(|before| before.password == user.password);
            let Some((before, user)) = before.zip(Arc::get_mut(user)) else {
                return;
            };
            user.learnt = before.learnt.clone();
            if let Some(verifier) = before.verifier.get() {
                let _ = user.verifier.set(verifier.clone());
            }
        });
        Ok(renewed)
    }

    /// The user of that name, if it is listed.
    pub fn listed(&self, name: &str) -> Option<&Arc<User>> {
        self.by_name.get(name)
    }

    /// Whether the configuration says all there is to know of that user; `auth_query` is for the others.
    pub fn is_settled(&self, name: &str) -> bool {
        self.listed(name).is_some_and(|user| user.is_settled)
    }

    /// Who comes to a database under that name, as far as is known here.
    pub fn of(&self, database: &str, name: &str) -> Option<Arc<User>> {
        let listed = self.listed(name);
        if listed.is_some_and(|user| user.is_settled) {
            return listed.cloned();
        }
        let key = (database.to_owned(), name.to_owned());
        self.found().get(&key).or(listed).cloned()
    }

    /// A number for a look-up that is about to begin, higher than those before it.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The user that `auth_query` has just found, with what is known of it where its password is the same.
    /// It is kept by [`Self::keep`] only, once it has shown that it knows the password.
    pub fn recognise(
        &self,
        database: &str,
        name: &str,
        password: Option<&Secret>,
        number: u64,
    ) -> Arc<User> {
        // The salt that nobody of that name would have: one that changes would tell who is there.
        let salt = ScramVerifier::mock(name, &self.mock_key).salt().to_vec();
        let new = User { salt: Some(salt), ..User::found(name, password) };
        let key = (database.to_owned(), name.to_owned());
        let known = self.found().get(&key).filter(|known| known.password == new.password).cloned();
        let user = known.unwrap_or_else(|| Arc::new(new));
        user.asked.fetch_max(number, Ordering::Relaxed);
        user
    }

    /// Keep a user that has been found and has logged in, unless a later look-up has found another password. Says
    /// whether this one is news.
    pub fn keep(&self, database: &str, user: &Arc<User>) -> bool {
        let key = (database.to_owned(), user.name.clone());
        let asked = |user: &User| user.asked.load(Ordering::Relaxed);
        let mut found = self.found();
        let before = found.get(&key);
        if before.is_some_and(|before| asked(before) > asked(user)) {
            return false;
        }
        let is_news = before.is_none_or(|before| before.password != user.password);
        found.insert(key, Arc::clone(user));
        is_news
    }

    /// Forget who has been found for these databases.
    pub fn forget(&self, is_gone: impl Fn(&str) -> bool) {
        self.found().retain(|(database, _), _| !is_gone(database));
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a SCRAM login of `name` is checked against, be there such a user or not.
    pub fn verifier(
        &self,
        name: &str,
        user: Option<&User>,
    ) -> Result<ScramVerifier, AuthenticationError> {
        let real = user.map(User::verifier).transpose()?.flatten();
        Ok(real.unwrap_or_else(|| ScramVerifier::mock(name, &self.mock_key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(names: &[(&str, &str)]) -> Vec<configuration::User> {
        let user = |&(name, password): &(&str, &str)| configuration::User {
            name: name.to_owned(),
            password: Some(Secret::from(password)),
            ..configuration::User::default()
        };
        names.iter().map(user).collect()
    }

    #[test]
    fn renewing_changes_the_salt_of_a_changed_password_only() {
        let before = Users::new(&listed(&[("kept", "one"), ("changed", "one")])).unwrap();
        let names = ["kept", "changed", "nobody"];
        let verifier = |users: &Users, name: &str| {
            users.verifier(name, users.listed(name).map(|user| &**user)).unwrap()
        };
        let old = names.map(|name| verifier(&before, name));
        let now = before.renewed(&listed(&[("kept", "one"), ("changed", "two")])).unwrap();
        let is_same = |index: usize| old[index].is_same_as(&verifier(&now, names[index]));
        assert_eq!([is_same(0), is_same(1), is_same(2)], [true, false, true]);
        assert!(verifier(&now, "changed").verify_plain(b"two"));
    }

    #[test]
    fn who_is_found_is_known_for_that_database_until_listed_with_a_password() {
        let users = Users::new(&listed(&[("listed", "one"), ("empty", "")])).unwrap();
        assert!(users.is_settled("listed") && users.is_settled("empty"));
        assert!(!users.is_settled("found"));
        let found = users.recognise("app", "found", Some(&Secret::from("two")), 1);
        assert!(users.of("app", "found").is_none(), "not before it has logged in");
        assert!(users.keep("app", &found) && !users.keep("app", &found));
        assert!(Arc::ptr_eq(&users.of("app", "found").unwrap(), &found));
        assert!(users.of("other", "found").is_none());
        let again = users.recognise("app", "found", Some(&Secret::from("two")), 1);
        assert!(Arc::ptr_eq(&again, &found), "its keys are kept");
        let changed = users.recognise("app", "found", Some(&Secret::from("three")), 2);
        assert!(users.keep("app", &changed));

        let users = users.renewed(&[]).unwrap();
        assert!(Arc::ptr_eq(&users.of("app", "found").unwrap(), &changed), "a reload keeps it");
        let users = users.renewed(&listed(&[("found", "four")])).unwrap();
        let password = users.of("app", "found").unwrap().password().cloned();
        assert_eq!(password, Some(Secret::from("four")));
    }

    #[test]
    fn nobody_is_found_with_an_empty_password() {
        let users = Users::new(&[]).unwrap();
        for password in [None, Some(Secret::from(""))] {
            let found = users.recognise("app", "found", password.as_ref(), 1);
            assert!(found.stored.is_none() && found.verifier().unwrap().is_none());
        }
    }

    #[test]
    fn a_look_up_that_began_earlier_does_not_undo_a_later_one() {
        let users = Users::new(&[]).unwrap();
        let recognise = |password: &str, number| {
            users.recognise("app", "found", Some(&Secret::from(password)), number)
        };
        assert!(users.number() < users.number());
        let (old, new) = (recognise("old", 1), recognise("new", 2));
        assert!(users.keep("app", &new) && !users.keep("app", &old));
        assert!(Arc::ptr_eq(&users.of("app", "found").unwrap(), &new));
        // Seen again after that, it holds.
        assert!(users.keep("app", &recognise("old", 3)));
        users.forget(|database| database == "other");
        assert!(users.of("app", "found").is_some());
        users.forget(|database| database == "app");
        assert!(users.of("app", "found").is_none());
    }

    #[test]
    fn a_plain_password_that_is_found_shows_the_salt_of_nobody() {
        let users = Users::new(&[]).unwrap();
        let nobodys = users.verifier("found", None).unwrap();
        for password in ["one", "two"] {
            let found = users.recognise("app", "found", Some(&Secret::from(password)), 1);
            let verifier = users.verifier("found", Some(&found)).unwrap();
            assert!(verifier.verify_plain(password.as_bytes()));
            assert_eq!(verifier.salt(), nobodys.salt());
            assert_eq!(verifier.iterations(), nobodys.iterations());
        }
    }
}
