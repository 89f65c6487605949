problem-internal-title = Something went wrong on our side
problem-internal-detail = The fault is noted. Nothing was changed.
problem-internal-next = Try again in a moment.
problem-not-found-title = There is no such page
problem-unknown-host-title = This address does not belong here
problem-unknown-origin-title = The request came from another page
