//! The users that may come in, with what their passwords are checked against.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::md5::{Md5Hash, md5_password};
use super::random::secure_random;
use super::scram::{LearntKeys, ScramVerifier};
use super::{AuthenticationError, Secret, StoredPassword};
use crate::configuration;

/// PBKDF2 rounds for verifiers derived here; PgBouncer's and PostgreSQL's default.
const ITERATIONS: u32 = 4096;

/// A user that may come in.
#[derive(Debug)]
pub struct User {
    name: String,
    /// As configured; absent when no password was given.
    password: Option<Secret>,
    /// The same, understood.
    pub stored: Option<StoredPassword>,
    /// Derived once from a plain password, because PBKDF2 costs milliseconds.
    verifier: OnceLock<ScramVerifier>,
    /// What its logins against a verifier have shown.
    pub learnt: LearntKeys,
}

impl User {
    /// What a SCRAM login is checked against; `None` when the stored form cannot check one.
    pub fn verifier(&self) -> Result<Option<ScramVerifier>, AuthenticationError> {
        match &self.stored {
            Some(StoredPassword::Scram(verifier)) => Ok(Some(verifier.clone())),
            Some(StoredPassword::Plain(password)) => {
                if let Some(verifier) = self.verifier.get() {
                    return Ok(Some(verifier.clone()));
                }
                let salt = secure_random::<16>()?;
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

/// Everybody that may come in.
#[derive(Debug)]
pub struct Users {
    by_name: HashMap<String, User>,
    /// Keys the challenges of users that do not exist, so that they look like anybody's.
    mock_key: [u8; 32],
}

impl Users {
    /// The users of a configuration.
    pub fn new(listed: &[configuration::User]) -> Result<Self, AuthenticationError> {
        let by_name = listed
            .iter()
            .map(|user| {
                // PostgreSQL accepts no empty password; to take one would let anybody in.
                let given = user.password.as_ref().filter(|text| !text.expose().is_empty());
                let stored = given.map(|given| StoredPassword::parse(given.expose()));
                let (name, password) = (user.name.clone(), given.cloned());
                let (verifier, learnt) = (OnceLock::new(), LearntKeys::default());
                (name.clone(), User { name, password, stored, verifier, learnt })
            })
            .collect();
        Ok(Self { by_name, mock_key: secure_random()? })
    }

    /// The users of another configuration, in the place of these.
    ///
    /// Who is in both with the same password keeps the salt that was made for it, and who is in neither the
    /// challenge that was made up: what changes with a reload would tell the two apart.
    pub fn renewed(&self, listed: &[configuration::User]) -> Result<Self, AuthenticationError> {
        let mut renewed = Self { mock_key: self.mock_key, ..Self::new(listed)? };
        renewed.by_name.iter_mut().for_each(|(name, user)| {
            let Some(before) = self.get(name).filter(|before| before.password == user.password)
            else {
                return;
            };
            user.learnt = before.learnt.clone();
            if let Some(verifier) = before.verifier.get() {
                let _ = user.verifier.set(verifier.clone());
            }
        });
        Ok(renewed)
    }

    /// The password of a user, as configured.
    pub fn password(&self, name: &str) -> Option<&Secret> {
        self.get(name)?.password.as_ref()
    }

    /// The user of that name.
    pub fn get(&self, name: &str) -> Option<&User> {
        self.by_name.get(name)
    }

    /// What a SCRAM login of `name` is checked against, be there such a user or not.
    pub fn verifier(&self, name: &str) -> Result<ScramVerifier, AuthenticationError> {
        let real = self.get(name).map(User::verifier).transpose()?.flatten();
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
        let old = names.map(|name| before.verifier(name).unwrap());
        let now = before.renewed(&listed(&[("kept", "one"), ("changed", "two")])).unwrap();
        let is_same = |index: usize| old[index].is_same_as(&now.verifier(names[index]).unwrap());
        assert_eq!([is_same(0), is_same(1), is_same(2)], [true, false, true]);
        assert!(now.verifier("changed").unwrap().verify_plain(b"two"));
    }
}
