use chip::password::Password;
use chip::reader::{EXCHANGES_MAX, FILES_BYTES_MAX, Plan, Reader, Step};

/// A chip that answers anything: each answer is a length octet and so many octets, read in a circle. Chips without access
/// control are among them, so that files of any content are reached.
pub fn run(data: &[u8]) {
    if data.is_empty() {
        return;
    }
    let Ok(password) = Password::from_mrz_information("L898902C<369080619406236") else { return };
    let batch = usize::from(data[0] % 4) * 8 + 1;
    let plan = Plan { batch_commands_max: batch, ..Plan::new(password) };
    let mut step = Reader::begin(plan, Box::new(|octets| octets.fill(0x5A)), None);
    let mut source = data.iter().copied().cycle();
    let mut next = || {
        let length = source.next().unwrap_or_default();
        let mut answer: Vec<u8> = (0..length).filter_map(|_| source.next()).collect();
        if length % 2 == 0 {
            answer.extend([0x90, 0x00]);
        }
        answer
    };
    let mut count = 0;
    loop {
        step = match step {
            Step::Send(awaiting) => {
                count += awaiting.commands().len();
                assert!(count <= EXCHANGES_MAX as usize);
                let progress = awaiting.progress();
                assert!(progress.bytes_done <= progress.bytes_total);
                assert!(progress.bytes_done <= FILES_BYTES_MAX);
                let answers = awaiting.commands().iter().map(|_| next()).collect();
                awaiting.answers(answers)
            }
            Step::AccessGranted(granted) => granted.go_on(Some([1; 8])),
            Step::Done(done) => {
                assert!(
                    done.reading.files.values().map(Vec::len).sum::<usize>() <= FILES_BYTES_MAX
                );
                return;
            }
            Step::Failed(failure) => {
                assert!(failure.resume.bytes_done() <= FILES_BYTES_MAX);
                return;
            }
        };
    }
}
