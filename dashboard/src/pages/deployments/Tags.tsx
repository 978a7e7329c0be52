import { Link } from "@tanstack/react-router";

/** The tags of a deployment, each leading to all that have it. */
export function Tags({ tags }: { tags: string[] }) {
  return (
    <span className="tags">
      {tags.map((tag) => (
        <Link key={tag} to="/deployments" search={{ tag }} className="tag">
          {tag}
        </Link>
      ))}
    </span>
  );
}
