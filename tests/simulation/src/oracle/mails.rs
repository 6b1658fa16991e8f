//! Laws of mails: one for each id and recipient.

use crate::executor::{HOUR, now};
use crate::mails::Mail;
use crate::world::World;

/// With lost answers, at most so many copies.
const MOST_COPIES: u32 = 3;

impl World {
    /// Amazon SES accepts a mail.
    pub fn see_mail(&mut self, by: u64, mail: &Mail) {
        self.oracle.acts += 1;
        self.note(|| format!("invocation {by} mails {} to {}: {}", mail.id, mail.to, mail.subject));
        let id = (mail.id.clone(), mail.subject.clone(), mail.to.clone());
        let (count, last) = self.oracle.copies.get(&id).copied().unwrap_or((0, 0));
        // The digest of a key that flaps comes once an hour.
        let is_next = mail.id.ends_with("-flapping") && now() - last >= HOUR - self.delays(last);
        let count = if is_next { 1 } else { count + 1 };
        self.oracle.copies.insert(id, (count, now()));
        if count > MOST_COPIES {
            self.violate("S19 single mail", &format!("copy {count} of {} to {}", mail.id, mail.to));
        }
        if count > 1 && self.faults.since(last) == 0 {
            self.violate("S19 single mail", &format!("copy {count} of {} to {} without a fault", mail.id, mail.to));
        }
    }
}
