# What jobs need of memory, in megabytes, where that depends on the images, on the classes or on the model.


def read_ahead_mb(wildcards):
    """Memory of the images that a training reads from files before it needs them: six times ten batches, at most."""
    e = experiment(wildcards)
    if e.dataset.ilsvrc is None:
        return 0
    batch = e.models[wildcards.model].training.batch_size
    return ceil(1e-6 * 60 * batch * bytes_of_image(e.dataset))


def covariances_mb(wildcards):
    """Memory of a density in closed form, which may hold a covariance of all pixels for each class, five times."""
    images, one = experiment(wildcards).dataset, KINDS[experiment(wildcards).models[fitted_model(wildcards)].kind]
    closed = one.fitted == "at_once" and one.gives == "log_prob"
    return ceil(5 * 8e-6 * images.num_classes * prod(images.image_shape) ** 2) if closed else 0


def centers_mb(wildcards):
    """Memory of the classes' centers in a latent space, and of the basis that they span, some ten times."""
    images, latents = experiment(wildcards).dataset, kind(wildcards).latents
    return ceil(10 * 8e-6 * images.num_classes * prod(images.image_shape)) if latents else 0


def scores_mb(wildcards, *asked, together=True):
    """Memory of the matrices of these evaluations, all together or one at a time, and of what is computed of one.

    A score and its nfe take 16 bytes, and what is computed of the largest matrix five times as much as it does.
    """
    e = experiment(wildcards)
    made = [one for name, one in evaluations(wildcards.experiment).items() if name in asked]
    sizes = {one.name: 16e-6 * one.images * e.dataset.num_classes * one.draws for one in made}
    every = sum(sizes[one.name] * len(one.models) * len(e.seeds) for one in made) if together else 0
    return ceil(every + 5 * max(sizes.values(), default=0))


def split_mb(wildcards):
    """Memory of the largest split that is made of others (corrupted images at five severities, say) and read whole."""
    e = experiment(wildcards)
    parts = [part for one in evaluations(wildcards.experiment).values() for part in one.parts]
    largest = max([part.images for part in parts if part.split not in ("train", "validation", "test")], default=0)
    return ceil(1e-6 * largest * prod(e.dataset.image_shape))
